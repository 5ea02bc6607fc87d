import { execFile } from 'node:child_process'

/**
 * Runs a program in a folder, for two minutes at most, and resolves to what it printed to its standard output. Fails
 * with all that it printed where the program fails. `variables` are added to the environment of this process.
 */
export function run(
  program: string,
  args: readonly string[],
  { folder, variables }: { readonly folder: string; readonly variables?: NodeJS.ProcessEnv },
): Promise<string> {
  // The options of this process are Jest's, and its paths those of pnpm: no user's program runs under them.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_PATH: '', ...variables }
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: folder, env, timeout: TIMEOUT }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      const end = error.killed === true ? `did not end within ${TIMEOUT} ms` : `ended with ${error.code}`
      reject(new Error(`${[program, ...args].join(' ')} ${end} in ${folder}\n${stdout}\n${stderr}`))
    })
  })
}

const TIMEOUT = 120_000

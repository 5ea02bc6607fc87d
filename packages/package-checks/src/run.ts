import { execFile } from 'node:child_process'

/** Where a program runs, and for how long at most: `timeout` is in milliseconds, by default two minutes. */
export interface RunOptions {
  readonly folder: string
  readonly timeout?: number
}

/** What a program printed to its standard output. Fails, with all that it printed, where the program does. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { folder, timeout = 120_000 } = options
  // The options of this process are Jest's: no user's program runs under them.
  const env = { ...process.env, NODE_OPTIONS: '' }
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: folder, env, timeout }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout)
        return
      }
      const end = error.killed === true ? `did not end within ${timeout} ms` : `ended with ${error.code}`
      reject(new Error(`${[program, ...args].join(' ')} ${end} in ${folder}\n${stdout}\n${stderr}`))
    })
  })
}

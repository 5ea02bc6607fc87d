import { spawn } from 'node:child_process'

/** A program that goes on until it is told to end. */
export interface RunningProgram {
  /** Resolves to all that it has printed, once that contains a text. Rejects where it ends before. */
  readonly until: (text: string) => Promise<string>
  /** Tells it and all that it has started, as a terminal does, and resolves to the code with which it then ends. */
  readonly end: (signal: NodeJS.Signals) => Promise<number | null>
  /** Ends what it could read. */
  readonly closeInput: () => void
}

/** Starts a program, for two minutes at most. */
export function startProgram(
  command: string,
  args: readonly string[],
  { folder, env }: { readonly folder: string; readonly env: NodeJS.ProcessEnv },
): RunningProgram {
  const program = spawn(command, args, { cwd: folder, env, timeout: 120_000, detached: true })
  let printed = ''
  const ended = new Promise<number | null>((resolve, reject) => {
    program.on('close', resolve)
    program.on('error', reject)
  })
  for (const stream of [program.stdout, program.stderr]) {
    stream.on('data', (chunk) => {
      printed += String(chunk)
    })
  }
  return {
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (printed.includes(text)) resolve(printed)
        }
        for (const stream of [program.stdout, program.stderr]) stream.on('data', look)
        look()
        ended.then((code) => {
          reject(new Error(`it ended with ${code} before it printed ${JSON.stringify(text)}:\n${printed}`))
        }, reject)
      }),
    end: (signal) => {
      // Its group, of which it is the first.
      if (program.pid !== undefined) process.kill(-program.pid, signal)
      return ended
    },
    closeInput: () => {
      program.stdin.end()
    },
  }
}

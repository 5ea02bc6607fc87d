import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** What became of an example that was run by name. */
export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs what `npm start` runs. `env` is added to this process's own. */
export async function runExample(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status: child.exitCode, stdout, stderr }
}

/** How an example answers what it cannot run: one line, and no trace of where in the code it was found out. */
export function refusal(line: string): Outcome {
  return { status: 1, stdout: '', stderr: `${line}\n` }
}

export const MAIN = join(import.meta.dirname, '../src/main.ts')

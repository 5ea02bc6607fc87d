#!/usr/bin/env node
import { argumentsOf } from './command/arguments.ts'
import { auditStore } from './command/audit-store.ts'
import { BadInput } from './command/bad-input.ts'
import { check } from './command/check.ts'
import { oneLine } from './command/lines.ts'

const HELP = `Usage: eventmill-schema <check | audit> [options] <module>...

  check               compares the schemas of the modules' namespaces with those on file
    --file <file>       where they are kept; default: event-schemas.json
    --update            brings the file up to date, unless a stored version was changed or removed
    --accept-breaking   with --update: also then

  audit               reads the whole store, and tells which events the modules' namespaces cannot read
    --after <position>  goes on after this position; default: from the beginning
    --every <n>         judges every n-th event
    --share <0 to 1>    judges this share of the events, chosen by chance
    --seed <n>          of --share: another choice; default: 0
    --unknown <pass>    events of other namespaces are told, but do not fail the audit; default: reject

  --help              show this

Modules export namespaces under any name; TypeScript where Node runs it. For audit one of them exports the store:
export const store, or by default, a store or a function that makes one.
Ends with 0 where all is well; with 1 where a stored version was changed or removed, the file does not hold what is new,
events cannot be read, or the store fails; with 2 where it was not asked for what it can do; with 130 where it was
interrupted.
`

// Also where a module never ends loading.
process.exitCode = 2
// Whoever reads the output may have seen enough.
process.stdout.on('error', () => undefined)
const code = await main(process.argv.slice(2)).catch(failed)
// Modules may have opened connections, which nobody waits for.
process.exit(code)

async function main(args: readonly string[]): Promise<number> {
  const wanted = argumentsOf(args)
  if (wanted.task === 'help') {
    await print(HELP)
    return 0
  }
  if (wanted.task === 'check') {
    const { code, text } = await check(wanted)
    await print(text)
    return code
  }
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Once: whoever interrupts again does not want to wait for the end of a read.
    process.once(signal, () => {
      interruption.abort()
    })
  }
  const progress = (text: string) => process.stderr.write(text)
  return auditStore(wanted, { signal: interruption.signal, print, progress })
}

/** Resolves when the text is out: the end of the process would cut it off. */
async function print(text: string, stream: NodeJS.WriteStream = process.stdout): Promise<void> {
  await new Promise((done) => stream.write(text, done))
}

/** Anything but what somebody can mend is a mistake of this command, to be reported with its stack. */
async function failed(error: unknown): Promise<number> {
  const { name, message = String(error), stack = message } = error instanceof Error ? error : {}
  // By name: the store of a module may come from another copy of the package.
  const foreseen = error instanceof BadInput || name === 'EventmillError'
  await print(`${foreseen ? oneLine(message) : stack}\n`, process.stderr)
  return error instanceof BadInput ? 2 : 1
}

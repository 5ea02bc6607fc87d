#!/usr/bin/env node
import { open, stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { inspect, parseArgs } from 'node:util'
import { messageOf } from './report/message-of.ts'
import {
  conclusionOf,
  reportedRule,
  reportMarkdown,
  reportOf,
  reportRowEnd,
  reportRowStart,
  reportSummary,
  type Report,
} from './report/report.ts'
import { checkStoreUnderTest, type Fixture, type Rule, type StoreUnderTest } from './rule.ts'
import { rules } from './rules/rules.ts'
import { disposeOf, openFixture, runRule, type Verdict, within } from './run-rule.ts'

const HELP = `Usage: eventmill-conformance [options] <fixture>

Runs the rules of the store contract on the store that a module exports as \`store\`, or by default.

  --rule <prefix>     only the rules whose id begins so
  --json <file>       write the report as JSON; - is the standard output
  --markdown <file>   write the report as Markdown; - is the standard output
  --list              show the rules, and why each is there
  --help              show this

Ends with 0 where the store conforms, with 1 where it does not, and with 2 where the rules could not be run.
`

/** How long a module may take to load, and a handle to open. In milliseconds. */
const OPENING_TIMEOUT = 10_000

const EXIT_CODES = { conforms: 0, 'obeys these rules': 0, 'does not conform': 1, 'was not tried': 2 }

/** What the caller can mend: told in one line. */
class BadInput extends Error {}

/** What the store threw where nobody can catch it, and no rule has been failed for yet. */
const strays: unknown[] = []
process.on('uncaughtException', (error) => strays.push(error))

/** What is open while a rule runs. */
let opened: { readonly fixture: Fixture; readonly store: StoreUnderTest } | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void interrupted())

// Whoever reads the table may have seen enough.
process.stdout.on('error', () => undefined)

let finished = false
process.on('exit', () => {
  if (!finished) process.exitCode = 2
})
const code = await main(process.argv.slice(2)).catch(failed)
finished = true
// A rule may leave timers and connections behind: nothing waits for them.
process.exit(code)

async function main(args: readonly string[]): Promise<number> {
  const { values, file } = parse(args)
  if (values.help === true) {
    await print(HELP)
    return 0
  }
  const prefix = values.rule ?? ''
  const chosen = rules.filter(({ id }) => id.startsWith(prefix))
  if (chosen.length === 0) throw new BadInput(`no rule begins with ${prefix}: see --list`)
  if (values.list === true) {
    await print(chosen.map(described).join(''))
    return 0
  }
  const store = tracked(await load(file))
  await tryFixture(store)
  const outputs = [values.json, values.markdown].filter((output) => output !== undefined)
  // A file that cannot be written is told before the rules are run, not after.
  for (const output of outputs) await assertWritable(output)
  const report = await judge(chosen, store, outputs.includes('-') ? process.stderr : process.stdout)
  if (values.json !== undefined) await write(values.json, `${JSON.stringify(report, null, 2)}\n`)
  if (values.markdown !== undefined) await write(values.markdown, reportMarkdown(report))
  return EXIT_CODES[conclusionOf(report)]
}

function parse(args: readonly string[]) {
  const options = {
    rule: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [file, second] = positionals
    if (second !== undefined) throw new BadInput(`one fixture at a time: ${second} is a second`)
    if (values.json === '-' && values.markdown === '-') {
      throw new BadInput('--json - and --markdown - cannot both have the standard output')
    }
    return { values, file }
  } catch (error) {
    throw new BadInput(messageOf(error))
  }
}

function described({ id, level, title, why }: Rule): string {
  return `${id} (${level})\n  ${title}\n  ${why}\n`
}

async function load(file: string | undefined): Promise<StoreUnderTest> {
  if (file === undefined) throw new BadInput('no fixture given: eventmill-conformance ./my-store.fixture.js')
  const path = resolve(file)
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true) throw new BadInput(`there is no file ${file}`)
  const loading = import(pathToFileURL(path).href) as Promise<{ store?: unknown; default?: unknown }>
  const module = await within(OPENING_TIMEOUT, loading, 'its import').catch((error: unknown) => {
    throw new BadInput(`${file} cannot be loaded: ${messageOf(error)}`)
  })
  const store = module.store ?? module.default
  if (!isStoreUnderTest(store)) {
    throw new BadInput(`${file} exports no store: export const store = { name, fixture, declined }`)
  }
  try {
    checkStoreUnderTest(store)
  } catch (error) {
    throw new BadInput(messageOf(error))
  }
  return store
}

function isStoreUnderTest(value: unknown): value is StoreUnderTest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'fixture' in value &&
    typeof value.fixture === 'function'
  )
}

/** Tells a fixture that does not work at all from a store that breaks every rule. */
async function tryFixture(store: StoreUnderTest): Promise<void> {
  const refuse = (what: string) => (error: unknown) => {
    throw new BadInput(`the fixture of ${store.name} ${what}: ${messageOf(error)}`)
  }
  const fixture = await openFixture(store).catch(refuse('does not open'))
  const connecting = async () => {
    const handle: unknown = await fixture.connect()
    const stores = typeof handle === 'object' && handle !== null && 'append' in handle
    if (!stores) throw new Error('connect() should resolve to an event store')
  }
  try {
    await within(OPENING_TIMEOUT, connecting(), 'connect()').catch(refuse('does not connect'))
  } finally {
    await disposeOf(fixture, store).catch(refuse('cannot be disposed of'))
  }
}

/** The store, whose open fixture is known to whoever interrupts. */
function tracked(store: StoreUnderTest): StoreUnderTest {
  return {
    ...store,
    fixture: async () => {
      const fixture = await store.fixture()
      opened = { fixture, store }
      return fixture
    },
  }
}

/** Leaves nothing behind. 130 is what shells tell of a command that was interrupted. */
async function interrupted(): Promise<void> {
  if (opened !== undefined) await disposeOf(opened.fixture, opened.store).catch(() => undefined)
  await print('\ninterrupted\n', process.stderr)
  finished = true
  process.exit(130)
}

/** Runs the rules one after the other, and shows how it goes. */
async function judge(
  chosen: readonly Rule[],
  store: StoreUnderTest,
  table: NodeJS.WriteStream,
): Promise<Report> {
  await print(`${store.name}: ${chosen.length} rules\n\n`, table)
  const verdicts: Verdict[] = []
  for (const rule of chosen) {
    await print(reportRowStart(rule), table)
    const verdict = await runRule(rule, store)
    // Node tells of a rejection that nobody handles only when the promises at hand have been settled.
    await setImmediate()
    const final =
      verdict.verdict !== 'skipped' && strays.length > 0 ? withStray(verdict, strays.splice(0)) : verdict
    verdicts.push(final)
    await print(`${reportRowEnd(reportedRule(final))}\n`, table)
  }
  const report = reportOf(store.name, verdicts, {
    complete: chosen.length === rules.length,
    date: new Date(),
  })
  await print(`\n${store.name} ${conclusionOf(report)}: ${reportSummary(report)}\n`, table)
  return report
}

/** What a store throws where nobody can catch it would end a process: it fails the rule, or the next that is run. */
function withStray(
  { rule, milliseconds }: Exclude<Verdict, { readonly verdict: 'skipped' }>,
  [error]: readonly unknown[],
): Verdict {
  const stray = new Error(`while this rule ran, or before, nobody could catch: ${messageOf(error)}`)
  return { rule, verdict: 'failed', milliseconds, error: stray }
}

/** Leaves what a file holds as it is: there may be a report of the last run in it. */
async function assertWritable(file: string): Promise<void> {
  if (file === '-') return
  const opened = await open(file, 'a').catch((error: unknown) => {
    throw new BadInput(`${file} cannot be written: ${messageOf(error)}`)
  })
  await opened.close()
}

async function write(file: string, text: string): Promise<void> {
  if (file === '-') {
    await print(text)
    return
  }
  await writeFile(file, text).catch((error: unknown) => {
    throw new BadInput(`${file} cannot be written: ${messageOf(error)}`)
  })
}

/** Resolves when the text is out: the end of the process would cut it off. */
async function print(text: string, stream: NodeJS.WriteStream = process.stdout): Promise<void> {
  await new Promise((done) => stream.write(text, done))
}

/** Anything but bad input is a mistake of this command, to be reported with its stack. */
async function failed(error: unknown): Promise<number> {
  const text = error instanceof BadInput ? error.message.split('\n')[0] : inspect(error)
  await print(`${text ?? ''}\n`, process.stderr)
  return 2
}

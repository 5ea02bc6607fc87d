#!/usr/bin/env node
import { writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { conforms, reportMarkdown, reportOf, reportRow, reportSummary } from './report/report.ts'
import { type StoreUnderTest } from './rule.ts'
import { rules } from './rules/rules.ts'
import { runRule, type Verdict, within } from './run-rule.ts'

const HELP = `Usage: eventmill-conformance [options] <fixture>

Runs the rules of the store contract on the store that a module exports as \`store\`, or by default.

  --rule <prefix>     only the rules whose id begins so
  --json <file>       write the report as JSON
  --markdown <file>   write the report as Markdown
  --list              show the rules, and why each is there
  --help              show this

Ends with 0 where the store conforms, with 1 where it does not, and with 2 where the rules could not be run.
`

/** In milliseconds. */
const FIXTURE_TIMEOUT = 10_000

/** What the caller can mend: told in one line. */
class BadInput extends Error {}

// A rule may leave timers and connections behind: nothing waits for them.
process.exit(await main(process.argv.slice(2)).catch(failed))

async function main(args: readonly string[]): Promise<number> {
  const { values, file } = parse(args)
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const prefix = values.rule ?? ''
  const chosen = rules.filter(({ id }) => id.startsWith(prefix))
  if (chosen.length === 0) throw new BadInput(`no rule begins with ${prefix}: see --list`)
  if (values.list === true) {
    for (const { id, level, title, why } of chosen) {
      process.stdout.write(`${id} (${level})\n  ${title}\n  ${why}\n`)
    }
    return 0
  }
  const store = await load(file)
  await tryFixture(store)
  process.stdout.write(`${store.name}: ${chosen.length} rules\n\n`)
  const verdicts: Verdict[] = []
  for (const rule of chosen) {
    const verdict = await runRule(rule, store)
    verdicts.push(verdict)
    const [reported] = reportOf(store.name, [verdict], new Date()).rules
    if (reported !== undefined) process.stdout.write(`${reportRow(reported)}\n`)
  }
  const report = reportOf(store.name, verdicts, new Date())
  if (values.json !== undefined) await write(values.json, `${JSON.stringify(report, null, 2)}\n`)
  if (values.markdown !== undefined) await write(values.markdown, reportMarkdown(report))
  process.stdout.write(
    `\n${store.name} ${conforms(report) ? 'conforms' : 'does not conform'}: ${reportSummary(report)}\n`,
  )
  return conforms(report) ? 0 : 1
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
    return { values, file: positionals[0] }
  } catch (error) {
    throw new BadInput(messageOf(error))
  }
}

async function load(file: string | undefined): Promise<StoreUnderTest> {
  if (file === undefined) throw new BadInput('no fixture given: eventmill-conformance ./my-store.fixture.js')
  const path = resolve(file)
  if (!existsSync(path)) throw new BadInput(`there is no file ${file}`)
  const module = (await import(pathToFileURL(path).href).catch((error: unknown) => {
    throw new BadInput(`${file} cannot be loaded: ${messageOf(error)}`)
  })) as { readonly store?: unknown; readonly default?: unknown }
  const store = module.store ?? module.default
  if (!isStoreUnderTest(store)) {
    throw new BadInput(`${file} exports no store: export const store = { name, fixture, declined }`)
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
  const opening = async () => {
    const fixture = await store.fixture()
    await fixture.connect()
    await fixture.dispose?.()
  }
  await within(FIXTURE_TIMEOUT, opening()).catch((error: unknown) => {
    throw new BadInput(`the fixture of ${store.name} does not open: ${messageOf(error)}`)
  })
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => {
    throw new BadInput(`${file} cannot be written: ${messageOf(error)}`)
  })
}

function failed(error: unknown): number {
  if (!(error instanceof BadInput)) throw error
  process.stderr.write(`${error.message.split('\n')[0] ?? ''}\n`)
  return 2
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

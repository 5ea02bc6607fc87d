import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const command = join(import.meta.dirname, '../src/command.ts')
let folder = ''
let project = ''

// Longer than the commands that a test runs.
jest.setTimeout(60_000)

beforeAll(() => {
  // Inside this package, so that its dependencies are found.
  folder = mkdtempSync(join(import.meta.dirname, '.command-'))
})

let projects = 0
beforeEach(() => {
  projects += 1
  project = join(folder, String(projects))
  mkdirSync(project)
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Runs the command in a project of its own. */
function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text)
}

const IMPORTS = `
import { defineEvents, version } from '@eventmill/schema'
import { InMemoryStore } from '@eventmill/store-memory'
import * as z from 'zod'
`

/** Writes a module of TypeScript with these types, and an empty interface to be stripped. */
function writeEvents(types: string, file = 'events.ts', source = 'https://example.com/account'): void {
  write(
    file,
    `${IMPORTS}
     interface Stripped { readonly a: string }
     export const accountEvents = defineEvents('${source}', { ${types} })
     export const limits: Stripped = { a: 'no namespace' }`,
  )
}

const OPENED = 'Opened: z.object({ limit: z.number() })'

function onFile(file = 'event-schemas.json'): unknown {
  return JSON.parse(readFileSync(join(project, file), 'utf8'))
}

/** A project whose schemas are on file. */
function withFile(types: string): unknown {
  writeEvents(types)
  expect(run('check', '--update', 'events.ts')).toMatchObject({ status: 0, stderr: '' })
  return onFile()
}

describe('eventmill-schema check', () => {
  test('writes the file on request, and is content with it from then on', () => {
    writeEvents(OPENED)
    expect(run('check', 'events.ts')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'there is no file event-schemas.json yet: --update writes it, to be kept in version control\n',
    })
    const extent = '1 version of 1 type in 1 namespace\n'
    expect(run('check', '--update', 'events.ts')).toEqual({
      status: 0,
      stdout: `new Opened, version 1, of https://example.com/account\n\nevent-schemas.json is written: ${extent}`,
      stderr: '',
    })
    expect(onFile()).toEqual({
      'https://example.com/account': {
        Opened: { 1: expect.objectContaining({ properties: { limit: { type: 'number' } } }) },
      },
    })
    expect(run('check', 'events.ts')).toEqual({
      status: 0,
      stdout: `event-schemas.json is up to date: ${extent}`,
      stderr: '',
    })
  })

  test('ends with 1 on a breaking change, shows it, says what to do, and does not write over it', () => {
    const before = withFile(`${OPENED}, Closed: z.object({})`)
    writeEvents(`Opened: z.object({ cents: z.int() }), Burnt: z.object({})`)
    const { status, stdout, stderr } = run('check', 'events.ts')
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    const of = 'version 1, of https://example.com/account'
    expect(stdout).toBe(
      `CHANGED Opened, ${of}
  properties.limit: no longer {"type":"number"}
  properties.cents: now {"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991}
  required: was ["limit"], now ["cents"]
REMOVED Closed, ${of}
new Burnt, ${of}

2 stored versions are not what they were: events under them may be unreadable, or read as something else.
Leave each version as it was, and add the next: version(v1).next(v2, (json) => …).
Where no such event was ever stored: --update --accept-breaking.
`,
    )
    const refused = run('check', '--update', 'events.ts')
    expect(refused.status).toBe(1)
    expect(refused.stdout).toContain('--update --accept-breaking. Nothing was written.\n')
    expect(onFile()).toEqual(before)
  })

  test('says so where no module exports a namespace that is on file', () => {
    writeEvents(OPENED)
    writeEvents(OPENED, 'door.ts', 'urn:x:door')
    run('check', '--update', 'events.ts', 'door.ts')
    const { status, stdout } = run('check', 'events.ts')
    expect(status).toBe(1)
    expect(stdout).toMatch(
      /^REMOVED Opened, version 1, of urn:x:door: no module that was named exports its namespace: name all of them\n\n/,
    )
  })

  test('writes over a breaking change when it is told to', () => {
    withFile(OPENED)
    writeEvents('Opened: z.object({ cents: z.int() })')
    const { status, stdout } = run('check', '--update', '--accept-breaking', 'events.ts')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^CHANGED Opened.*event-schemas\.json is brought up to date: 1 version of 1 type/s)
    expect(run('check', 'events.ts').status).toBe(0)
  })

  test('takes a version that was added with a step, once the file has it', () => {
    withFile(OPENED)
    writeEvents(
      `Opened: version(z.object({ limit: z.number() })).next(z.object({ cents: z.int() }), ({ limit }) => ({ cents: limit * 100 }))`,
    )
    expect(run('check', 'events.ts')).toEqual({
      status: 1,
      stdout:
        'new Opened, version 2, of https://example.com/account\n\n' +
        'event-schemas.json does not hold what is new, though it breaks nothing: --update writes it\n',
      stderr: '',
    })
    expect(run('check', '--update', 'events.ts').status).toBe(0)
    expect(run('check', 'events.ts')).toMatchObject({
      status: 0,
      stdout: 'event-schemas.json is up to date: 2 versions of 1 type in 1 namespace\n',
    })
  })

  test('leaves a file alone that is only written otherwise', () => {
    writeEvents('Opened: z.object({ a: z.int(), kind: z.enum(["x", "y"]) })')
    run('check', '--update', 'events.ts')
    const before = readFileSync(join(project, 'event-schemas.json'), 'utf8')
    writeEvents('Opened: z.object({ kind: z.enum(["y", "x"]), a: z.int() })')
    expect(run('check', '--update', 'events.ts').stdout).toContain('is up to date')
    expect(readFileSync(join(project, 'event-schemas.json'), 'utf8')).toBe(before)
  })

  test('takes namespaces from several modules, from lists and by default, each once, and another file', () => {
    writeEvents(OPENED)
    write(
      'others.js',
      `${IMPORTS}
       import { accountEvents } from './events.ts'
       const doorEvents = defineEvents('urn:x:door', { Opened: z.object({}) })
       export default defineEvents('urn:x:room', { Cleaned: z.object({}) })
       export const all = [accountEvents, doorEvents]
       export { accountEvents as again }
       export const store = () => { throw new Error('not asked for') }`,
    )
    expect(run('check', '--update', '--file', 'other.json', 'events.ts', 'others.js').stdout).toMatch(
      /other\.json is written: 3 versions of 3 types in 3 namespaces\n$/,
    )
    expect(existsSync(join(project, 'event-schemas.json'))).toBe(false)
  })

  test.each<[string, string, string]>([
    ['is no JSON', '{ <<<<<<< HEAD', 'event-schemas.json is not JSON'],
    [
      'holds something else',
      '[]',
      'holds no schemas by namespace, type and version: take it from version control',
    ],
    ['holds versions that are none', '{ "urn:x:y": { "Opened": { "one": {} } } }', 'holds no schemas by'],
    ['holds schemas that are none', '{ "urn:x:y": { "Opened": { "1": 5 } } }', 'holds no schemas by'],
  ])('ends with 2 and one line where the file %s', (_, text, line) => {
    writeEvents(OPENED)
    write('event-schemas.json', text)
    expectLine(run('check', '--update', 'events.ts'), line)
  })

  test('puts a whole file in the place of the old one, where a link leads to as well', () => {
    const before = withFile(OPENED)
    linkSync(join(project, 'event-schemas.json'), join(project, 'old.json'))
    symlinkSync('event-schemas.json', join(project, 'link.json'))
    writeEvents(`${OPENED}, Closed: z.object({})`)
    expect(run('check', '--update', '--file', 'link.json', 'events.ts').status).toBe(0)
    expect(onFile('old.json')).toEqual(before)
    expect(onFile()).not.toEqual(before)
    expect(readdirSync(project).sort()).toEqual(['event-schemas.json', 'events.ts', 'link.json', 'old.json'])
  })

  test('ends with 2 where the file cannot be written', () => {
    writeEvents(OPENED)
    const { status, stderr } = run('check', '--update', '--file', 'no/such/folder.json', 'events.ts')
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^no\/such\/folder\.json cannot be written: ENOENT/),
    })
  })

  test.each<[string, string, string]>([
    [
      'exports no namespace',
      'export const a = 5',
      'events.ts exports no namespace: export const accountEvents =',
    ],
    [
      'exports a namespace within an object alone',
      `${IMPORTS} export const all = { a: defineEvents('urn:x:y', {}) }`,
      'only exports themselves and lists of namespaces are looked at',
    ],
    [
      'exports two of one source',
      `${IMPORTS} export const [a, b] = [1, 2].map(() => defineEvents('urn:x:y', {})); export const c = [a, b]`,
      'two namespaces have the source urn:x:y: merge them, or give each a URI of its own',
    ],
    ['throws', `throw new Error('out of order')`, 'events.ts cannot be imported: out of order'],
    [
      'defines events wrongly',
      `${IMPORTS} export const a = defineEvents('urn:x:y', { Made: z.object({ at: z.date() }) })`,
      'events.ts cannot be imported: version 1 of Made of urn:x:y cannot be stored: data.at',
    ],
    [
      'has a version without a step',
      `${IMPORTS} export const a = defineEvents('urn:x:y', { Made: version(z.object({})).next(z.object({}) ) })`,
      'version 2 has no step from the version before it',
    ],
    [
      'imports what is not there',
      `import './missing.ts'`,
      'events.ts cannot be imported: Cannot find module',
    ],
  ])('ends with 2 and one line where the module %s', (_, text, line) => {
    write('events.ts', text)
    expectLine(run('check', 'events.ts'), line)
  })

  test('ends with 2 where the module never ends loading', () => {
    write('events.ts', 'await new Promise(() => {}); export {}')
    expect(run('check', 'events.ts')).toMatchObject({ status: 2, stdout: '' })
  })

  test('says what to do where Node runs no TypeScript', () => {
    writeEvents(OPENED)
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(NO_TYPESCRIPT)}`,
        command,
        'check',
        'events.ts',
      ],
      { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    )
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(
        /^events\.ts cannot be imported: Node \d.* runs no TypeScript: use Node 22\.18 or/,
      ),
    })
  })
})

/** As an older Node refuses the user's module. */
const NO_TYPESCRIPT = `
import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    if (!url.endsWith('/events.ts')) return next(url, context)
    throw Object.assign(new TypeError('Unknown file extension'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' })
  },
})`

/** A store with events of an account, of which the third cannot be read. */
const STORE = `
const events = [
  accountEvents.Opened({ limit: 5 }),
  accountEvents.Opened({ limit: 6 }),
  { ...accountEvents.Opened({ limit: 5 }), data: { limit: 'of secret' } },
  { ...accountEvents.Opened({ limit: 5 }), type: 'Closed' },
  { ...accountEvents.Opened({ limit: 5 }), version: 2 },
  { ...accountEvents.Opened({ limit: 5 }), source: 'urn:x:door\\n' },
]
const filled = async (number) => {
  const store = new InMemoryStore()
  const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
  await store.append([{ stream, expected: 0, events: events.slice(0, number) }])
  return store
}
`

function writeStore(exported: string): void {
  writeEvents(OPENED)
  write('store.js', `${IMPORTS} import { accountEvents } from './events.ts'\n${STORE}\n${exported}`)
}

describe('eventmill-schema audit', () => {
  test.each<[string, string]>([
    ['a store', 'export const store = await filled(2)'],
    ['a store by default', 'export default await filled(2)'],
    ['what makes a store', 'export const store = () => filled(2)'],
    ['what makes a store by default', 'export default () => filled(2)'],
  ])('ends with 0 where everything can be read, of %s', (_, exported) => {
    writeStore(exported)
    expect(run('audit', 'events.ts', 'store.js')).toEqual({
      status: 0,
      stdout: '2 events read, up to position 2 of 2: all of them can be read\n',
      stderr: '',
    })
  })

  test('ends with 1 where something cannot be read, tells what, and shows no payload', () => {
    writeStore('export const store = () => filled(6)')
    const { status, stdout, stderr } = run('audit', 'events.ts', 'store.js')
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    const of = 'of https://example.com/account: 1 event, the first at position'
    expect(stdout).toBe(
      `Payloads that fail:
  Opened, version 1, ${of} 3: limit: Invalid input: expected number, received string

Versions that are newer than the newest known:
  Opened, version 2, ${of} 5

Types that their namespace does not have:
  Closed, version 1, ${of} 4

Namespaces that were not given:
  Opened, version 1, of urn:x:door : 1 event, the first at position 6

6 events read, up to position 6 of 6: 4 cannot be read
`,
    )
  })

  test('lets events of other namespaces pass where it is told to', () => {
    writeStore('export const store = () => filled(6)')
    const args = ['audit', '--after', '5', 'events.ts', 'store.js']
    expect(run(...args).status).toBe(1)
    const { status, stdout } = run(...args, '--unknown', 'pass')
    expect(status).toBe(0)
    expect(stdout).toContain('Namespaces that were not given:\n')
  })

  test('counts the events of types and versions beyond the first thousand', () => {
    const door = `{ ...accountEvents.Opened({ limit: 5 }), source: 'urn:x:door' }`
    const many = `Array.from({ length: 1_002 }, (_, index) => ({ ...${door}, type: 'Opened' + index }))`
    writeStore(`events.unshift(...${many}); export { filled }; export const store = () => filled(Infinity)`)
    const { status, stdout } = run('audit', '--unknown', 'pass', 'events.ts', 'store.js')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^Payloads that fail:\n {2}further types and versions: 1 event\n\n/)
    expect(stdout).toMatch(
      /\n {2}further types and versions: 3 events\n\n1,008 events read, .*: 1,006 cannot be read\n$/,
    )
    write('others.js', `import { filled } from './store.js'; export const store = () => filled(1_002)`)
    const alone = run('audit', '--unknown', 'pass', 'events.ts', 'others.js')
    expect(alone.status).toBe(0)
    expect(alone.stdout).toContain('  further types and versions: 2 events\n')
  })

  test('judges a sample alone', () => {
    writeStore('export const store = () => filled(4)')
    expect(run('audit', '--every', '5', 'events.ts', 'store.js')).toMatchObject({
      status: 0,
      stdout:
        '4 events read, of which 1 were judged, up to position 4 of 4: all that were judged can be read\n',
    })
    expect(run('audit', '--share', '1', '--seed', '7', 'events.ts', 'store.js').status).toBe(1)
  })

  /** A long log that exists only as it is read; `hook` is run at each position. */
  const long = (hook: string) => `
    const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
    export const store = {
      head: async () => 60_000,
      async *readAll({ after, signal }) {
        for (let position = after + 1; position <= 60_000; position++) {
          signal.throwIfAborted()
          ${hook}
          yield { ...events[position % 20_000 === 3 ? 2 : 0], ...stream, position, sequence: position }
        }
      },
      close: async () => console.log('closed'),
    }`

  test('tells on the standard error how it goes', () => {
    writeStore(long(''))
    const { status, stderr } = run('audit', 'events.ts', 'store.js')
    expect(status).toBe(1)
    expect(stderr).toBe(
      [
        '10 %, at position 10000: 1 event',
        '30 %, at position 20000: 1 event',
        '50 %, at position 30000: 2 events',
        '60 %, at position 40000: 2 events',
        '80 %, at position 50000: 3 events',
        '100 %, at position 60000: 3 events',
      ]
        .map((line) => `${line} found that cannot be read\n`)
        .join(''),
    )
  })

  test.each(['SIGINT', 'SIGTERM'])(
    'ends with 130 on %s, tells what it has found, and how to go on',
    (signal) => {
      writeStore(long(`if (position === 15_000) process.kill(process.pid, '${signal}')`))
      const { status, stdout } = run('audit', 'events.ts', 'store.js')
      expect(status).toBe(130)
      expect(stdout).toMatch(
        /^Payloads that fail:\n.*: 1 event, the first at position 3: .*To go on from there: .* --after 20000\nclosed\n$/s,
      )
      const rest = run('audit', '--after', '20000', 'events.ts', 'store.js')
      expect(rest.stdout).toContain(': 2 events, the first at position 20003: ')
      expect(rest.stdout).toContain('40,000 events read, up to position 60000 of 60000: 2 cannot be read\n')
    },
  )

  test('tells what it has found, and how to go on, where the store fails', () => {
    writeStore(
      long(`if (position === 25_000) {
        throw Object.assign(new Error('gone'), { name: 'EventmillError', code: 'STORE_UNREACHABLE' })
      }`),
    )
    const { status, stdout, stderr } = run('audit', 'events.ts', 'store.js')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^Payloads that fail:.*--after 20000\nclosed\n$/s)
    expect(stderr).toMatch(/at position 20000.*\ngone\n$/s)
  })

  test('ends with 1 and one line where it would begin beyond the head', () => {
    writeStore('export const store = () => filled(2)')
    const { status, stderr } = run('audit', '--after', '3', 'events.ts', 'store.js')
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'the audit would begin at position 3, but the store ends at 2: is it the same store?\n',
    })
  })

  test.each<[string, string, string]>([
    [
      'is exported',
      '',
      'no module exports a store: export const store = () => new PostgresStore({ client })',
    ],
    ['is made', 'export const store = () => 5', 'the exported function makes no store'],
    [
      'can be made',
      `export const store = () => { throw new Error('no disk') }`,
      'the store cannot be made: no disk',
    ],
  ])('ends with 2 and one line where no store %s', (_, exported, line) => {
    writeStore(exported)
    expectLine(run('audit', 'events.ts', 'store.js'), line)
  })

  test('ends with 2 and one line where two modules export a store', () => {
    writeStore('export const store = () => filled(2)')
    write('other.js', 'export default () => 5')
    expectLine(run('audit', 'events.ts', 'store.js', 'other.js'), 'several modules export a store')
  })
})

describe('eventmill-schema', () => {
  test('explains itself', () => {
    const { status, stdout } = run('--help')
    expect(status).toBe(0)
    for (const word of [
      'check',
      'audit',
      '--update',
      '--accept-breaking',
      '--after',
      '--share',
      'Ends with 0',
    ]) {
      expect(stdout).toContain(word)
    }
  })

  test.each<[string, string[], string]>([
    ['nothing', [], 'check or audit is wanted'],
    ['an unknown word', ['compare', 'events.ts'], 'check or audit is wanted'],
    ['an unknown option', ['check', '--upgrade', 'events.ts'], `Unknown option '--upgrade'`],
    ['an option of the other', ['check', '--after', '5', 'events.ts'], '--after does not go with check'],
    ['no module', ['check', '--update'], 'no module is named that exports namespaces'],
    ['a module that is not there', ['check', 'none.ts'], 'there is no file none.ts'],
    ['a folder', ['check', '.'], 'there is no file .'],
    [
      'what is accepted without an update',
      ['check', '--accept-breaking', 'e.ts'],
      'goes with --update alone',
    ],
    ['a position that is none', ['audit', '--after', '-5', 'e.ts'], `'--after' argument is ambiguous`],
    ['a position in words', ['audit', '--after', 'five', 'e.ts'], '--after takes an integer from 0'],
    ['every zeroth', ['audit', '--every', '0', 'e.ts'], '--every takes an integer from 1'],
    ['two samples', ['audit', '--every', '2', '--share', '1', 'e.ts'], 'are two samples'],
    ['a share of more than all', ['audit', '--share', '2', 'e.ts'], '--share takes a number from 0 to 1'],
    ['a seed alone', ['audit', '--seed', '2', 'e.ts'], '--seed goes with --share alone'],
    [
      'what does not become of the unknown',
      ['audit', '--unknown', 'x', 'e.ts'],
      '--unknown takes reject or pass',
    ],
  ])('ends with 2 and one line when given %s', (_, args, line) => {
    expectLine(run(...args), line)
  })

  test('goes on where nobody reads its output to the end', () => {
    writeEvents(OPENED)
    const line = `"${process.execPath}" "${command}" check --update events.ts; echo $? >&2`
    const { stderr } = spawnSync('sh', ['-c', `(${line}) | head -0`], {
      cwd: project,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect(stderr).toBe('0\n')
  })
})

function expectLine(result: ReturnType<typeof run>, line: string): void {
  const { status, stdout, stderr } = result
  expect({ status, stdout, lines: stderr.trim().split('\n').length }).toEqual({
    status: 2,
    stdout: '',
    lines: 1,
  })
  expect(stderr).toContain(line)
}

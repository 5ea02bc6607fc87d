import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { rules } from '@eventmill/store-conformance'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const command = join(import.meta.dirname, '../src/command.ts')
let folder = ''

// Longer than the commands that a test runs.
jest.setTimeout(60_000)

beforeAll(() => {
  // Inside this package, so that its dependencies are found.
  folder = mkdtempSync(join(import.meta.dirname, '.command-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const DECLINED = {
  reopen: 'gone',
  rawEvents: 'none',
  faults: 'none',
  clock: 'none',
  stalls: 'none',
  bystander: 'none',
  elsewhere: 'none',
}
const RIGHT = `
import { InMemoryStore } from '@eventmill/store-memory'
const fixture = () => { const store = new InMemoryStore(); return { connect: async () => store } }
export const store = { name: 'Right', fixture, declined: ${JSON.stringify(DECLINED)} }
`
const WRONG = `
import { InMemoryStore } from '@eventmill/store-memory'
class Wrong extends InMemoryStore {
  append(appends, options) {
    const lenient = appends.map((append) => (append.expected === 'exists' ? { ...append, expected: 'any' } : append))
    return super.append(lenient, options)
  }
}
const fixture = () => { const store = new Wrong(); return { connect: async () => store } }
export default { name: 'Wrong', fixture, declined: ${JSON.stringify(DECLINED)} }
`

/** Runs the command on a fixture of this text. */
function run(fixture: string, ...options: string[]) {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.fixture.js`)
  writeFileSync(file, fixture)
  return runOn(file, ...options)
}

function runOn(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

describe('the command', () => {
  test('prints a verdict on every rule, the reasons of what was skipped, and ends with 0 on a right store', () => {
    const { status, stdout } = run(RIGHT)
    expect(status).toBe(0)
    for (const { id } of rules) expect(stdout).toContain(id)
    expect(stdout).toContain('clock is declined: none')
    const skipped = rules.filter(({ needs }) => needs.some((need) => need in DECLINED)).length
    expect(stdout).toContain(
      `Right conforms: ${rules.length - skipped} passed, 0 failed, ${skipped} skipped\n`,
    )
  })

  test('tells what is wrong, and ends with 1, on a wrong store', () => {
    const { status, stdout } = run(WRONG, '--rule', 'expected/')
    expect(status).toBe(1)
    expect(stdout).toMatch(/expected\/exists +failed .*should fail with GENERATION_CONFLICT/)
    expect(stdout).toContain('Wrong does not conform: 6 passed, 2 failed, 0 skipped')
  })

  test('writes its report as JSON and as Markdown', () => {
    const [json, markdown] = [join(folder, 'report.json'), join(folder, 'report.md')]
    run(WRONG, '--rule', 'expected/exists', '--json', json, '--markdown', markdown)
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(
      expect.objectContaining({
        store: 'Wrong',
        failed: 1,
        rules: [expect.objectContaining({ id: 'expected/exists', level: 'must', verdict: 'failed' })],
      }),
    )
    expect(readFileSync(markdown, 'utf8')).toContain('# Wrong: does not conform')
  })

  test('writes its report to the standard output on request, and its table elsewhere', () => {
    const { status, stdout, stderr } = run(RIGHT, '--rule', 'expected/exists', '--json', '-')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual(expect.objectContaining({ store: 'Right', passed: 1 }))
    expect(stderr).toContain('Right obeys these rules: 1 passed')
  })

  test.each([
    ['rejects what nobody awaits', `Promise.reject(new Error('not minded'))`],
    ['throws in a timer', `setImmediate(() => { throw new Error('not minded') })`],
  ])('fails the rule during which the store %s, and goes on', (_, stray) => {
    const { status, stdout } = run(
      RIGHT.replace('return {', `${stray}; return {`),
      '--rule',
      'expected/exists',
    )
    expect(status).toBe(1)
    expect(stdout).toMatch(/expected\/exists +failed .*or before, nobody could catch: not minded/)
    expect(stdout).toContain('Right does not conform: 0 passed, 1 failed, 0 skipped')
  })

  test('does not call a store right of which it has tried nothing', () => {
    const { status, stdout } = run(RIGHT, '--rule', 'append/follows-clock')
    expect(status).toBe(2)
    expect(stdout).toContain('Right was not tried: 0 passed, 0 failed, 1 skipped')
  })

  test('leaves the last report as it is until there is another one', () => {
    const json = join(folder, 'last.json')
    writeFileSync(json, 'the last one')
    run(`export const store = { name: 'X', fixture() { process.exit(0) } }`, '--json', json)
    expect(readFileSync(json, 'utf8')).toBe('the last one')
  })

  test('disposes of what is open when it is interrupted', () => {
    const [file, left] = [join(folder, 'slow.fixture.js'), join(folder, 'left')]
    writeFileSync(
      file,
      `import { rmSync, writeFileSync } from 'node:fs'
       let opened = 0
       const fixture = () => {
         writeFileSync(${JSON.stringify(left)}, '')
         opened += 1
         const store = { append() {}, capabilities: {}, head: () => new Promise(() => {}) }
         return {
           connect: async () => {
             if (opened === 2) process.kill(process.pid, 'SIGINT')
             return store
           },
           dispose: async () => rmSync(${JSON.stringify(left)}),
         }
       }
       export const store = { name: 'Slow', fixture }`,
    )
    const { status, stderr } = runOn(file, '--rule', 'log/head')
    expect({ status, stderr }).toEqual({ status: 130, stderr: '\ninterrupted\n' })
    expect(existsSync(left)).toBe(false)
  })

  test('goes on where nobody reads its table to the end', () => {
    const file = join(folder, 'piped.fixture.js')
    writeFileSync(file, RIGHT)
    const line = `"${process.execPath}" "${command}" "${file}" --rule expected/exists; echo $? >&2`
    const { stderr } = spawnSync('sh', ['-c', `(${line}) | head -0`], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect(stderr).toBe('0\n')
  })

  test('lists the rules with their reasons', () => {
    const { status, stdout } = runOn('--list')
    expect(status).toBe(0)
    for (const { id, why } of rules) {
      expect(stdout).toContain(`${id} (`)
      expect(stdout).toContain(why)
    }
  })

  test.each([
    ['throws', `throw new Error('no database')`, 'no database'],
    ['cannot connect', `throw new AggregateError([new Error('refused')])`, 'refused'],
    ['throws what is no error', 'throw Object.create(null)', 'does not open: thrown: {}'],
    ['hangs', 'return new Promise(() => {})', 'did not end within'],
    ['opens no handle', 'return {}', 'connect is not a function'],
    [
      'connects to nothing',
      'return { connect: async () => undefined }',
      'connect() should resolve to an event store',
    ],
    [
      'does not connect, and is disposed of',
      `return { connect: async () => { throw new Error('refused') }, dispose: async () => console.error('gone') }`,
      'does not connect: refused',
    ],
    [
      'cannot be disposed of',
      `return { connect: async () => ({ append() {} }), dispose: async () => { throw new Error('busy') } }`,
      'cannot be disposed of: busy',
    ],
    ['ends the process', 'process.exit(0)', ''],
  ])('ends with 2 and one line when the fixture %s', (_, body, line) => {
    const { status, stderr } = run(`export const store = { name: 'X', fixture() { ${body} } }`)
    expect(status).toBe(2)
    expect(stderr).toContain(line)
    expect(stderr.replace('gone\n', '').trim().split('\n')).toHaveLength(1)
  })

  test.each([
    [`{ fault: 'none' }`, 'X declines fault, which no rule needs'],
    [`{ faults: ' ' }`, 'X declines faults without a reason'],
    [`{ push: 7 }`, 'X declines push without a reason'],
  ])('ends with 2 and one line where %s is declined', (declined, line) => {
    const { status, stderr } = run(`export const store = { name: 'X', fixture() {}, declined: ${declined} }`)
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 2, lines: 1 })
    expect(stderr).toContain(line)
  })

  test.each<[string, string[], string]>([
    ['no file', [], 'no fixture given'],
    ['a file that is not there', ['./none.js'], 'there is no file ./none.js'],
    ['a folder', ['.'], 'there is no file .'],
    ['two files', ['./one.js', './two.js'], 'one fixture at a time'],
    ['two reports for one output', ['--json', '-', '--markdown', '-', './one.js'], 'cannot both'],
    ['an unknown option', ['--quick'], `Unknown option '--quick'`],
    ['an unknown rule', ['--rule', 'none/', './none.js'], 'no rule begins with none/'],
  ])('ends with 2 and one line when given %s', (_, args, line) => {
    const { status, stderr } = runOn(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(line)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test('tells that a report cannot be written before it runs a rule', () => {
    const { status, stdout, stderr } = run(RIGHT, '--json', join(folder, 'none/report.json'))
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('report.json cannot be written')
  })

  test.each<[string, string]>([
    ['that is no program', 'export const store = {'],
    ['that exports nothing', 'export {}'],
    ['that exports something else', 'export const store = 7'],
    ['that throws', `throw new Error('not today')`],
    ['that never ends loading', 'await new Promise(() => {})'],
  ])('ends with 2 and one line when given a file %s', (_, fixture) => {
    const { status, stderr } = run(fixture)
    expect(status).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('.fixture.js')
  })
})

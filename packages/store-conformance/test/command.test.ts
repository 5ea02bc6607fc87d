import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { rules } from '@eventmill/store-conformance'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const command = join(import.meta.dirname, '../src/command.ts')
let folder = ''

beforeAll(() => {
  // Inside this package, so that its dependencies are found.
  folder = mkdtempSync(join(import.meta.dirname, '.command-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const DECLINED = `{ reopen: 'gone', rawEvents: 'none', faults: 'none', clock: 'none' }`
const RIGHT = `
import { InMemoryStore } from '@eventmill/store-memory'
const fixture = () => { const store = new InMemoryStore(); return { connect: async () => store } }
export const store = { name: 'Right', fixture, declined: ${DECLINED} }
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
export default { name: 'Wrong', fixture, declined: ${DECLINED} }
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
    expect(stdout).toMatch(/Right conforms: \d+ passed, 0 failed, 8 skipped\n$/)
  }, 60_000)

  test('tells what is wrong, and ends with 1, on a wrong store', () => {
    const { status, stdout } = run(WRONG, '--rule', 'expected/')
    expect(status).toBe(1)
    expect(stdout).toMatch(/expected\/exists +failed .*should fail with GENERATION_CONFLICT/)
    expect(stdout).toContain('Wrong does not conform: 6 passed, 2 failed, 0 skipped')
  }, 60_000)

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
  }, 60_000)

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
    ['hangs', 'return new Promise(() => {})', 'did not end within'],
    ['opens no handle', 'return {}', 'connect is not a function'],
  ])('ends with 2 and one line when the fixture %s', (_, body, line) => {
    const { status, stderr } = run(`export const store = { name: 'X', fixture() { ${body} } }`)
    expect(status).toBe(2)
    expect(stderr).toContain(line)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test.each<[string, string[], string]>([
    ['no file', [], 'no fixture given'],
    ['a file that is not there', ['./none.js'], 'there is no file ./none.js'],
    ['an unknown option', ['--quick'], `Unknown option '--quick'`],
    ['an unknown rule', ['--rule', 'none/', './none.js'], 'no rule begins with none/'],
  ])('ends with 2 and one line when given %s', (_, args, line) => {
    const { status, stderr } = runOn(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(line)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  test.each<[string, string]>([
    ['that is no program', 'export const store = {'],
    ['that exports nothing', 'export {}'],
    ['that exports something else', 'export const store = 7'],
    ['that throws', `throw new Error('not today')`],
  ])('ends with 2 and one line when given a file %s', (_, fixture) => {
    const { status, stderr } = run(fixture)
    expect(status).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('.fixture.js')
  })
})

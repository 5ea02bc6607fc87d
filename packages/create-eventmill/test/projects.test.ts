import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'
import { SCHEMAS, STORES } from '../src/choices.ts'
import { createProject } from '../src/create-project.ts'

// Projects as they are created, beside the packages of this repository. How npm delivers all of it, the tests of the
// published packages tell.

// Longer than the programs that a test runs.
jest.setTimeout(180_000)

const template = join(import.meta.dirname, '../template')
const folder = mkdtempSync(join(tmpdir(), 'create-eventmill-'))
const projects = STORES.flatMap((store) =>
  SCHEMAS.map((schema) => ({ name: `${store}-${schema}`, store, schema })),
)

beforeAll(async () => {
  symlinkSync(join(template, 'node_modules'), join(folder, 'node_modules'))
  for (const { name, store, schema } of projects) {
    await createProject({ folder: join(folder, name), store, schema })
  }
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Runs Node, and returns what it printed. */
function node(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, ...env },
    timeout: 60_000,
  })
}

test('every project compiles', () => {
  const { compilerOptions } = JSON.parse(readFileSync(join(template, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, include: ['*/src', '*/test'] }),
  )
  const compiler = join(template, 'node_modules/typescript/bin/tsc')
  expect(node([compiler, '--listFilesOnly'], folder).match(/src\/main\.ts$/gm)).toHaveLength(projects.length)
  expect(node([compiler], folder)).toBe('')
})

test('every project passes its tests', () => {
  const tests = projects.map(({ name }) => `${name}/test/stock.test.ts`)
  expect(node(['--test', ...tests], folder)).toContain(`pass ${3 * projects.length}\n`)
})

test.each(projects)('$name has only what it needs', ({ name, store, schema }) => {
  const read = (path: string) => readFileSync(join(folder, name, path), 'utf8')
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as {
    readonly [kind: string]: { readonly [dependency: string]: string }
  }
  const others = { memory: [], postgres: ['pg'], pglite: ['@electric-sql/pglite'] }[store]
  expect(Object.keys({ ...dependencies }).sort()).toEqual(
    [
      ...others,
      '@eventmill/core',
      '@eventmill/projections',
      `@eventmill/store-${store === 'memory' ? 'memory' : 'postgres'}`,
      ...(schema === 'zod' ? ['@eventmill/schema', 'zod'] : []),
    ].sort(),
  )
  expect('@types/pg' in { ...devDependencies }).toBe(store === 'postgres')
  expect(read('README.md')).not.toMatch(/<!--|\{\{/)
  expect(read('README.md').includes('docker compose')).toBe(store === 'postgres')
})

describe('the program of a project', () => {
  const start = (name: string, env?: NodeJS.ProcessEnv) => node(['src/main.ts'], join(folder, name), env)
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server.stop())

  test('explains what it does, and starts anew in memory', () => {
    const printed = start('memory-zod')
    expect(printed).toContain('6 packets of tea are left.\nGrace gets none: 7 are wanted, 6 are left.\n')
    expect(printed).toContain('Stock "tea", generation 2\n')
    expect(printed).toContain('Ada was sent 4 packets so far.\n')
    expect(start('memory-zod')).toContain('6 packets of tea are left.\n')
  })

  test.each(['postgres-zod', 'pglite-plain'])('%s goes on where it was', (name) => {
    const env = { DATABASE_URL: server.url }
    expect(start(name, env)).toContain('6 packets of tea are left.\n')
    const again = start(name, env)
    expect(again).toContain('12 packets of tea are left.\nGrace gets none: 13 are wanted, 12 are left.\n')
    expect(again).toContain('Ada was sent 8 packets so far.\n')
  })

  test('says at once that no database answers', () => {
    const nobody = { DATABASE_URL: 'postgres://localhost:1/none' }
    expect(() => start('postgres-plain', nobody)).toThrow('no database answers: docker compose up')
  })
})

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'
import { SCHEMAS, STORES } from '../src/choices.ts'
import { createProject } from '../src/create-project.ts'
import { startProgram } from './running-program.ts'

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
    timeout: 150_000,
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
  const tests = projects.flatMap(({ name }) =>
    ['race', 'shipments', 'stock'].map((subject) => `${name}/test/${subject}.test.ts`),
  )
  expect(node(['--test', ...tests], folder)).toContain(`pass ${4 * projects.length}\n`)
})

test.each(projects)('$name has only what it needs', ({ name, store, schema }) => {
  const read = (path: string) => readFileSync(join(folder, name, path), 'utf8')
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as {
    readonly [kind: string]: { readonly [dependency: string]: string }
  }
  const others = {
    memory: ['@eventmill/store-memory'],
    postgres: ['@eventmill/projections-postgres', '@eventmill/store-postgres', 'pg'],
    pglite: ['@eventmill/projections-postgres', '@eventmill/store-postgres', '@electric-sql/pglite'],
  }[store]
  expect(Object.keys({ ...dependencies }).sort()).toEqual(
    [
      ...others,
      '@eventmill/core',
      '@eventmill/projections',
      ...(schema === 'zod' ? ['@eventmill/schema', 'zod'] : []),
    ].sort(),
  )
  expect(Object.keys({ ...devDependencies }).sort()).toEqual(
    [
      ...(store === 'postgres' ? ['@electric-sql/pglite', '@types/pg'] : []),
      ...(store === 'memory' ? [] : ['@eventmill/store-memory']),
      '@eventmill/testing',
      '@types/node',
      'typescript',
    ].sort(),
  )
  expect(read('README.md').includes('docker compose')).toBe(store === 'postgres')
  for (const path of ['README.md', ...readdirSync(join(folder, name, 'src')).map((file) => `src/${file}`)]) {
    // No marks of the template, and no gaps where they were.
    expect(read(path)).not.toMatch(/<!--|\{\{|^\/\/ \/?\w+$|\n\n\n/m)
  }
})

test('git is told to leave out what programs keep in the folder of a project', () => {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: join(folder, 'pglite-zod'), encoding: 'utf8' })
  git('init', '--quiet')
  const kept = ['node_modules/zod', 'data/PG_VERSION', 'data.lock', 'data.lock-journal']
  expect(git('check-ignore', ...kept)).toBe(`${kept.join('\n')}\n`)
})

describe('the program of a project', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server.stop())

  const launch = (name: string, options: readonly string[] = []) =>
    startProgram(process.execPath, [...options, 'src/main.ts'], {
      folder: join(folder, name),
      env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: server.url },
    })

  /** Launches it, and waits until it only goes on. */
  const start = async (name: string, options?: readonly string[]) => {
    const program = launch(name, options)
    return { ...program, printed: await program.until('until Ctrl-C') }
  }

  test('explains what it does, and starts anew in memory', () => {
    const run = () => node(['src/main.ts'], join(folder, 'memory-zod'))
    const printed = run()
    expect(printed).toContain('6 packets of tea are left.\nGrace gets none: 7 are wanted, 6 are left.\n')
    expect(printed).toContain('Stock "tea", generation 2\n')
    expect(printed).toContain('Ada was sent 4 packets so far.\n')
    expect(run()).toContain('6 packets of tea are left.\n')
  })

  test.each([
    { name: 'postgres-zod', signal: 'SIGTERM' },
    { name: 'pglite-plain', signal: 'SIGINT' },
  ] as const)('$name ends in order by $signal, and goes on where it was', async ({ name, signal }) => {
    // It has not ended before all signals have come: a process that is about to end can be killed by one.
    const first = await start(name, ['--import', 'data:text/javascript,process.stdin.resume()'])
    expect(first.printed).toContain('6 packets of tea are left.\n')
    const ended = first.end(signal)
    // A Ctrl-C comes several times through npm.
    for (let more = 0; more < 5; more++) {
      await new Promise(setImmediate)
      void first.end(signal)
    }
    first.closeInput()
    expect(await ended).toBe(0)
    const second = await start(name)
    expect(second.printed).toContain(
      '12 packets of tea are left.\nGrace gets none: 13 are wanted, 12 are left.\n',
    )
    expect(second.printed).toContain('Ada was sent 8 packets so far.\n')
    expect(await second.end(signal)).toBe(0)
  })

  test('on a server, its read model is a table, in which each event counts once', async () => {
    const { end } = await start('postgres-plain')
    expect(await end('SIGTERM')).toBe(0)
    const { rows } = await server.pool().query<{ sent: number; shipped: number }>(
      `select quantity as sent, (
         select sum((data ->> 'quantity')::integer)::integer from eventmill.event_log where type = 'Shipped'
       ) as shipped from shipments_1 where customer = 'Ada'`,
    )
    expect(rows).toEqual([{ sent: rows[0]?.shipped, shipped: rows[0]?.shipped }])
  })

  test('goes on when the server ends its connections', async () => {
    const { end, until } = await start('postgres-plain')
    await server
      .pool()
      .query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()')
    await until('a connection to the database was lost: terminating connection')
    expect(await end('SIGTERM')).toBe(0)
  })

  test('lets no second process into the folder of a PGlite, until the first has ended, however it does', async () => {
    const { end } = await start('pglite-zod')
    await expect(start('pglite-zod')).rejects.toThrow('the folder data is in use')
    expect(await end('SIGKILL')).toBe(null)
    const next = launch('pglite-zod')
    expect(await next.until('packets of tea are left.')).toContain('12 packets')
    await next.end('SIGKILL')
  })

  test('says at once that no database answers', () => {
    const nobody = { DATABASE_URL: 'postgres://localhost:1/none' }
    expect(() => node(['src/main.ts'], join(folder, 'postgres-plain'), nobody)).toThrow(
      'no database answers: docker compose up',
    )
  })
})

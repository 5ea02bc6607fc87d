import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readdirSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { InMemoryStore } from '@eventmill/store-memory'
import { PostgresStore } from '@eventmill/store-postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { chooseStore } from '../src/stores/choose-store.ts'
import { startThrowawayServer } from '../src/stores/throwaway-server.ts'
import { withStore } from '../src/stores/with-store.ts'
import { createDirectory, put, removeDirectories, repositoryOf } from './git-repository.ts'
import { MAIN, refusal, runExample } from './run-example.ts'

afterAll(removeDirectories)

describe('the store of an example', () => {
  test('is memory, or the one that the environment names, or rather the one that an argument names', () => {
    const env = { EVENTMILL_STORE: 'pglite' }
    expect(chooseStore([], 0, {})).toEqual({ store: 'memory', others: [] })
    expect(chooseStore([], 0, env)).toEqual({ store: 'pglite', others: [] })
    expect(chooseStore(['postgres'], 0, env)).toEqual({ store: 'postgres', others: [] })
    expect(chooseStore(['../another'], 1, env)).toEqual({ store: 'pglite', others: ['../another'] })
    expect(chooseStore(['../another', 'memory'], 1, env)).toEqual({ store: 'memory', others: ['../another'] })
  })

  test.each([
    { args: ['banking', 'sqlite'], env: {} },
    { args: ['banking'], env: { EVENTMILL_STORE: 'sqlite' } },
    { args: ['git-history', '.', 'sqlite'], env: {} },
  ])('is refused in one line where there is none of its name: $args $env', async ({ args, env }) => {
    expect(await runExample(args, env)).toEqual(
      refusal('there is no store "sqlite": choose one of memory, pglite, postgres'),
    )
  })

  test('is one: words that are left over are refused in one line', async () => {
    expect(await runExample(['banking', 'pglite', 'memory'])).toEqual(
      refusal('this example takes no more arguments: leave out memory'),
    )
  })

  test('is refused in one line where DATABASE_URL leads to no server', async () => {
    const { status, stderr } = await runExample(['banking', 'postgres'], {
      DATABASE_URL: 'postgres://127.0.0.1:1/nowhere',
    })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'the server that DATABASE_URL names cannot be used: connect ECONNREFUSED 127.0.0.1:1\n',
    })
  })

  test.each([
    { name: 'memory', type: InMemoryStore },
    { name: 'pglite', type: PostgresStore },
    { name: 'postgres', type: PostgresStore },
  ] as const)(
    'named $name is empty',
    async ({ name, type }) => {
      await withStore(name, async ({ store }) => {
        expect(store).toBeInstanceOf(type)
        expect(await store.head()).toBe(0)
      })
    },
    60_000,
  )
})

test('banking prints the same on every store', async () => {
  const memory = await runExample(['banking', 'memory'])
  expect(memory).toMatchObject({ status: 0, stderr: '' })
  for (const store of ['pglite', 'postgres']) expect(await runExample(['banking', store])).toEqual(memory)
}, 60_000)

test.each(['memory', 'pglite', 'postgres'])(
  'git-history proves a repository equal to what git lists on %s',
  async (store) => {
    const repository = repositoryOf([
      { changes: [put('a', '1'), put('b', '1')] },
      { changes: [put('a', '2')] },
      { changes: ['D a', put('c', '1')] },
      { changes: [put('a', '3')] },
    ])
    const { status, stdout } = await runExample(['git-history', repository, store])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^changes +6$/m)
    expect(stdout).toContain('equal to git ls-tree: yes')
  },
  60_000,
)

describe('a server that an example has started', () => {
  let folder: string
  let env: NodeJS.ProcessEnv

  beforeEach(() => {
    folder = createDirectory()
    // Where root runs this, the server runs as another user.
    chmodSync(folder, 0o755)
    env = { DATABASE_URL: undefined, TMPDIR: folder }
  })

  test('is gone when the example has ended', async () => {
    const { status } = await runExample(['banking', 'postgres'], env)
    expect({ status, left: left(folder) }).toEqual({ status: 0, left: [] })
  }, 60_000)

  test('is gone when the example has failed', async () => {
    const { status } = await runExample(['git-history', '/no/such/path', 'postgres'], env)
    expect({ status, left: left(folder) }).toEqual({ status: 1, left: [] })
  }, 60_000)

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'is gone when the example was ended by %s',
    async (signal) => {
      const example = await interruptedExample(env, signal)
      expect({ signal: example, left: left(folder) }).toEqual({ signal, left: [] })
    },
    60_000,
  )
})

describe('the server that DATABASE_URL names', () => {
  const opened = new AsyncDisposableStack()
  let env: NodeJS.ProcessEnv
  let pool: pg.Pool

  beforeAll(async () => {
    const url = await startThrowawayServer(opened)
    env = { DATABASE_URL: url }
    pool = new pg.Pool({ connectionString: url })
    pool.on('error', () => undefined)
    opened.defer(() => pool.end())
  }, 60_000)

  afterAll(() => opened.disposeAsync())

  async function schemas(): Promise<readonly unknown[]> {
    const { rows } = await pool.query<{ nspname: string }>(
      "select nspname from pg_namespace where nspname like 'example%'",
    )
    return rows
  }

  test('is used by one run after the other, and keeps nothing of them', async () => {
    const first = await runExample(['banking', 'postgres'], env)
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(await runExample(['banking', 'postgres'], env)).toEqual(first)
    expect(await runExample(['shop', 'postgres'], env)).toMatchObject({ status: 0, stderr: '' })
    expect(await schemas()).toEqual([])
    expect((await pool.query("select from pg_tables where schemaname = 'public'")).rows).toEqual([])
  }, 60_000)

  test('keeps nothing of a run that has failed or was interrupted', async () => {
    expect(await runExample(['git-history', '/no/such/path', 'postgres'], env)).toMatchObject({ status: 1 })
    expect(await interruptedExample(env, 'SIGINT')).toBe('SIGINT')
    expect(await schemas()).toEqual([])
  }, 60_000)
})

/** Ends an example while it records a long history; resolves to the signal that it died of, its server with it. */
async function interruptedExample(env: NodeJS.ProcessEnv, signal: NodeJS.Signals): Promise<string | null> {
  const commits = Array.from({ length: 20_000 }, (_, n) => ({ changes: [put('file', `${n}`)] }))
  const child = spawn(process.execPath, [MAIN, 'git-history', repositoryOf(commits), 'postgres'], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  const ended = Promise.all([once(child, 'exit'), text(child.stderr)])
  // The first progress that it reports.
  await once(child.stderr, 'data')
  child.kill(signal)
  await ended
  return child.signalCode
}

/** The files in a folder, and the processes that know of it. */
function left(folder: string): readonly string[] {
  const processes = execFileSync('ps', ['-A', '-o', 'args'], { encoding: 'utf8' }).split('\n')
  return [...readdirSync(folder), ...processes.filter((line) => line.includes(folder))]
}

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { PostgresStore } from '@eventmill/store-postgres'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

const command = join(import.meta.dirname, '../src/command.ts')

// Longer than the commands that a test runs.
jest.setTimeout(60_000)

let server: PostgresServer
let pool: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  pool = server.pool()
}, 60_000)
afterAll(() => server.stop(), 60_000)

/** Runs the command without `DATABASE_URL`, in a folder where there is no driver but that of this package. */
function run(...args: string[]) {
  return runWith({}, ...args)
}

function runWith(env: NodeJS.ProcessEnv, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: '', ...env },
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

/** Runs the command on the server, and a schema of its own. */
function runOn(schema: string, ...args: string[]) {
  return runWith({ DATABASE_URL: server.url }, ...args, '--schema', schema)
}

describe('eventmill-postgres migrate', () => {
  test('brings the schema to what this release needs, and says so, once', async () => {
    const schema = `a "migrated" one's`
    expect(runOn(schema, 'migrate')).toEqual({
      status: 0,
      stdout: `the schema "a ""migrated"" one's" went from version 0 to 2\n`,
      stderr: '',
    })
    expect(runOn(schema, 'migrate').stdout).toContain('is at version 2 already')
    const store = new PostgresStore({ client: pool, schema })
    expect(await store.head()).toBe(0)
    await store.close()
  })

  test('takes the URL that it is given before that of the environment', () => {
    const elsewhere = { DATABASE_URL: 'postgres://nobody:hidden@localhost:1/nowhere' }
    const args = ['migrate', '--url', server.url, '--schema', 'by_url']
    expect(runWith(elsewhere, ...args)).toMatchObject({ status: 0, stderr: '' })
  })

  test('ends with 1 and one line where the database does not let it', async () => {
    await pool.query(`create role of_no_rights login password 'hidden'`)
    const url = new URL(server.url)
    url.username = 'of_no_rights'
    url.password = 'hidden'
    const { status, stderr } = run('migrate', '--url', url.href, '--schema', 'forbidden')
    await pool.query('drop role of_no_rights')
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 1, lines: 1 })
    expect(stderr).toMatch(
      /42501, permission denied for database .*: migrate as a user with CREATE on the database/,
    )
  })
})

describe('eventmill-postgres sql', () => {
  test('prints what is missing, which leads to what migrate() leads to', async () => {
    const { status, stdout } = runOn('by_hand', 'sql')
    expect(status).toBe(0)
    await pool.query(stdout)
    expect(runOn('by_hand', 'sql').stdout).toMatch(/^-- Nothing is missing: .* version 2\b/)
    expect(runOn('by_hand', 'status')).toMatchObject({ status: 0, stderr: '' })
  })

  test('prints everything where no database is named', () => {
    const { status, stdout } = run('sql', '--schema', 'by_hand')
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^-- From version 0 to version 2.*\nbegin;\n.*create table "by_hand"\.events .*\ncommit;\n$/s,
    )
  })

  test('asks no database where it is told from which version', () => {
    const args = ['sql', '--from', '1', '--url', 'postgres://localhost:1/nowhere']
    expect(run(...args)).toMatchObject({ status: 0, stderr: '' })
  })

  test('leaves nothing behind where one of its statements fails', async () => {
    await pool.query('create schema taken; create table taken.resends (a text)')
    const { stdout } = run('sql', '--schema', 'taken')
    const client = await pool.connect()
    try {
      await expect(client.query(stdout)).rejects.toThrow('"resends" already exists')
      await client.query('rollback')
    } finally {
      client.release()
    }
    const { rows } = await pool.query(`select tablename from pg_tables where schemaname = 'taken'`)
    expect(rows).toEqual([{ tablename: 'resends' }])
  })
})

describe('eventmill-postgres status', () => {
  test('tells how far the log has got, and how much it holds', async () => {
    const schema = 'of_some_events'
    const store = await storeWithEvents(schema)
    await pool.query(`analyze ${schema}.events`)
    const { status, stdout, stderr } = runOn(schema, 'status')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(
      new RegExp(
        [
          'schema +"of_some_events"',
          'version +2 \\(this release needs 2\\)',
          'server +PostgreSQL \\d+.*',
          'head +2',
          'newest +2',
          'held back +by nobody',
          'streams +not estimated yet: ANALYZE does',
          'events +about 2',
          'size +\\d+ kB: events \\d+ kB, .*streams \\d+ kB.*',
        ].join('\n'),
      ),
    )
    await store.close()
  })

  test('tells who holds back the head', async () => {
    const schema = 'of_an_open_transaction'
    const store = await storeWithEvents(schema)
    const client = await pool.connect()
    await client.query(`begin; set local application_name = 'the "forgetful" one'`)
    await store.within(client).append([opened('held')])
    const { stdout } = runOn(schema, 'status')
    await client.query('rollback')
    client.release()
    await store.close()
    expect(stdout).toMatch(
      /^held back +by process \d+, at position 2, "the \\"forgetful\\" one", idle in transaction, since 20/m,
    )
  })

  test('ends with 1 where a migration is required', () => {
    const { status, stdout, stderr } = runOn('of_nothing', 'status')
    expect(status).toBe(1)
    expect(stdout).toMatch(/version +0 \(this release needs 2\)/)
    expect(stderr).toContain('run migrate(), or eventmill-postgres migrate\n')
  })

  test('ends with 1 where the store would refuse the database', async () => {
    const schema = 'of_an_altered_sequence'
    await (await storeWithEvents(schema)).close()
    await pool.query(`alter sequence ${schema}.positions cache 10`)
    const { status, stderr } = runOn(schema, 'status')
    expect(status).toBe(1)
    expect(stderr).toContain('was altered')
  })
})

describe('eventmill-postgres', () => {
  test('explains itself', () => {
    const { status, stdout } = run('--help')
    expect(status).toBe(0)
    for (const word of ['migrate', 'sql', 'status', '--url', '--schema', '--from', 'Ends with 0']) {
      expect(stdout).toContain(word)
    }
  })

  const MISTYPED = 'percent-encoded'
  test.each<[string, string[], string]>([
    ['nothing', [], 'one word of migrate, sql or status'],
    ['an unknown word', ['upgrade'], 'one word of migrate, sql or status'],
    ['the URL as a word', ['migrate', 'postgres://me:hidden@localhost/x'], 'one word of'],
    ['an unknown option', ['migrate', '--uri=postgres://me:hidden@localhost/x'], `Unknown option '--uri'`],
    ['no database', ['migrate'], 'set DATABASE_URL, or give --url'],
    ['what is no URL', ['status', '--url', 'hidden'], MISTYPED],
    ['a URL of something else', ['status', '--url', 'mysql://me:hidden@localhost/x'], MISTYPED],
    ['a password with a # in it', ['status', '--url', 'postgres://me:1#hidden@localhost/x'], MISTYPED],
    ['a password with a / in it', ['status', '--url', 'postgres://me:1/hidden@localhost/x'], MISTYPED],
    ['a password with a ? in it', ['status', '--url', 'postgres://me:1?hidden@localhost/x'], MISTYPED],
    ['a schema of the system', ['sql', '--schema', 'pg_catalog'], '--schema takes a name'],
    ['a version that is none', ['sql', '--from', 'x'], '--from takes a version from 0 to 2'],
    ['a version of later', ['sql', '--from', '3'], '--from takes a version from 0 to 2'],
    ['a version to migrate from', ['migrate', '--from', '0'], '--from goes with sql alone'],
  ])('ends with 2 and one line, which tells no password, when given %s', (_, args, line) => {
    const { status, stdout, stderr } = run(...args)
    expect({ status, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      status: 2,
      stdout: '',
      lines: 1,
    })
    expect(stderr).toContain(line)
    expect(stderr).not.toContain('hidden')
  })

  test.each<[string, (url: URL) => void, RegExp]>([
    ['is not there', (url) => (url.port = '1'), /the database cannot be reached: connect ECONNREFUSED/],
    ['has another password', (url) => (url.password = 'hidden'), /28P01, password authentication failed/],
    ['has no such database', (url) => (url.pathname = 'nowhere'), /3D000, database "nowhere" does not exist/],
  ])('ends with 1 and one line, which tells no password, where the server %s', (_, change, line) => {
    const url = new URL(server.url)
    change(url)
    const { status, stdout, stderr } = run('status', '--url', url.href)
    expect({ status, stdout, lines: stderr.trim().split('\n').length }).toEqual({
      status: 1,
      stdout: '',
      lines: 1,
    })
    expect(stderr).toMatch(line)
    expect(stderr).not.toContain('hidden')
    expect(stderr).not.toContain(`:${new URL(server.url).password}@`)
  })
})

async function storeWithEvents(schema: string): Promise<PostgresStore> {
  const store = new PostgresStore({ client: pool, schema })
  await store.migrate()
  await store.append([opened('front'), opened('back')])
  return store
}

function opened(door: string) {
  const event = { source: 'urn:x:door', type: 'Opened', version: 1, data: {} }
  return { stream: { aggregateType: 'Door', aggregateId: door }, expected: 'any', events: [event] } as const
}

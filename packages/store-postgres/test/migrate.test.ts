import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { hasCode, type StreamAppend } from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { printableSql } from '../src/command/sql.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: PostgresServer
let pool: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  pool = server.pool()
}, 60_000)
afterAll(() => server.stop(), 60_000)

test('schema.sql is what a migration from nothing runs: if not, npm run schema', () => {
  expect(readFileSync(join(import.meta.dirname, '../schema.sql'), 'utf8')).toBe(printableSql('eventmill', 0))
})

describe('migrate()', () => {
  test('migrates once where twenty processes start at once, and all can go on', async () => {
    const schema = 'of twenty'
    const stores = Array.from({ length: 20 }, () => {
      return new PostgresStore({ client: server.pool({ max: 3 }), schema })
    })
    await Promise.all(stores.map((store) => store.migrate()))
    await Promise.all(stores.map((store, n) => store.append([opened(`door ${n}`)])))
    const [first] = stores
    expect(await first?.head()).toBe(20)
    const { rows } = await pool.query(`select version from ${quoted(schema)}.migrations order by version`)
    expect(rows).toEqual([{ version: 1 }, { version: 2 }])
    await Promise.all(stores.map((store) => store.close()))
  }, 60_000)

  test('leaves what it finds as it is where there is nothing to do', async () => {
    const schema = 'of twice'
    await withStore(schema, async (store) => {
      await store.append([opened('front')])
      await store.migrate()
      expect(await store.head()).toBe(1)
    })
  })

  test.each([
    ['with quotes', `a "quoted" one's`],
    ['with spaces and a full stop', ' of  some . space '],
    ['with what SQL calls a parameter', '$1'],
    ['with what ends a function', '$body$'],
    ['with what ends a function, whatever its mark', '$body$ $body1$ $body2$'],
    ['with what stands for itself in replacements', "$& $' $` $$ $schema"],
    ['that is not ASCII', 'Ereignisse – 出来事 🎉'],
    ['that ends a comment', 'a */ b -- c\nd'],
    ['with a backslash', 'a\\b'],
    ['of 63 bytes', 'ü'.repeat(31) + 'x'],
  ])('takes a schema %s', async (_, schema) => {
    await withStore(schema, async (store) => {
      await store.append([opened('front'), opened('back')])
      const read: string[] = []
      for await (const { aggregateId } of store.readAll()) read.push(aggregateId)
      expect(read).toEqual(['front', 'back'])
      await store.waitForAppend(1, AbortSignal.timeout(5_000))
      expect((await store.health()).horizon).toBeUndefined()
    })
    const { rows } = await pool.query('select from pg_namespace where nspname = $1', [schema])
    expect(rows).toHaveLength(1)
  })

  test.each(['', 'x'.repeat(64), 'ü'.repeat(32), 'pg_x', 'a\0b'])(
    'is not tried with the schema %j',
    (schema) => {
      expect(() => new PostgresStore({ client: pool, schema })).toThrow(
        expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'options.schema' }),
      )
    },
  )

  test('says what it needs to a user who may not make a schema, nor look into one', async () => {
    await migrated('of somebody')
    await pool.query(`create role of_no_schema login password 'password'`)
    const client = server.pool({ user: 'of_no_schema', password: 'password' })
    for (const schema of ['of nobody', 'of somebody']) {
      const store = new PostgresStore({ client, schema })
      const error: unknown = await store.migrate().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'STORE_REFUSED', sqlState: '42501' })
      expect(String(error)).toMatch(/migrate as a user with CREATE on the database .* eventmill-postgres sql/)
      await store.close()
    }
    await pool.query('drop role of_no_schema')
  })

  test('runs on PGlite as well, beside others', async () => {
    const client = await PGlite.create()
    const stores = [1, 2, 3].map(() => new PostgresStore({ client, schema: `of a 'page'` }))
    await Promise.all(stores.map((store) => store.migrate()))
    expect(await stores[0]?.head()).toBe(0)
    await Promise.all(stores.map((store) => store.close()))
    await client.close()
  }, 60_000)
})

describe('on opening, a store', () => {
  test('asks for a migration where there was none', async () => {
    const store = new PostgresStore({ client: pool, schema: 'of nothing' })
    const calls = [store.append([opened('front')]), store.head(), store.health()]
    for (const call of calls) {
      const error: unknown = await call.catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'MIGRATION_REQUIRED', found: 0, required: 2 })
    }
    // It looks again, once that was done.
    await store.migrate()
    expect(await store.head()).toBe(0)
    await store.close()
  })

  test('asks for a migration where an earlier release has worked, which keeps what is there', async () => {
    const schema = 'of earlier'
    await withStore(schema, (store) => store.append([opened('front')]))
    const name = quoted(schema)
    await pool.query(`drop table ${name}.snapshots; delete from ${name}.migrations where version > 1`)
    const store = new PostgresStore({ client: pool, schema })
    await expect(store.head()).rejects.toMatchObject({ code: 'MIGRATION_REQUIRED', found: 1, required: 2 })
    await store.migrate()
    expect(await store.head()).toBe(1)
    await store.snapshots.delete({ aggregateType: 'Door', aggregateId: 'front' })
    await store.close()
  })

  test('works on the schema of a later release', async () => {
    const schema = 'of later'
    await migrated(schema)
    await pool.query(`insert into ${quoted(schema)}.migrations (version) values (3)`)
    await withStore(schema, async (store) => {
      await store.append([opened('front')])
      expect(await store.head()).toBe(1)
    })
  })

  test.each([
    ['hands out positions beforehand', 'alter sequence positions cache 10'],
    ['leaves positions out', 'alter sequence positions increment 2'],
    ['begins anew some day', 'alter sequence positions cycle'],
    ['is behind the events', `select setval('positions', 1)`],
  ])('refuses a sequence that %s, and says what to do about it', async (_, alteration) => {
    const schema = `where "${alteration.slice(-20)}"`
    await withStore(schema, (store) => store.append([opened('front'), opened('back')]))
    const client = await pool.connect()
    await client.query(`set search_path to ${quoted(schema)}; ${alteration}`)
    const store = new PostgresStore({ client: pool, schema })
    const error: unknown = await store.head().catch((reason: unknown) => reason)
    if (!hasCode(error, 'STORE_REFUSED')) throw error
    // To the letter.
    await client.query(error.message.replace(/^.*: run /, ''))
    client.release(true)
    await store.append([opened('side')])
    expect(await store.head()).toBe(3)
    await store.close()
  })

  test('needs no more rights than the README names', async () => {
    const schema = 'of others'
    await migrated(schema)
    const name = quoted(schema)
    await pool.query(`
      create role of_few_rights login password 'password';
      grant usage on schema ${name} to of_few_rights;
      grant select, insert, update, delete on all tables in schema ${name} to of_few_rights;
      grant usage, select on all sequences in schema ${name} to of_few_rights;
      revoke execute on all functions in schema ${name} from public;
      grant execute on all functions in schema ${name} to of_few_rights`)
    const client = server.pool({ user: 'of_few_rights', password: 'password' })
    const store = new PostgresStore({ client, schema })
    await store.append([opened('front'), opened('back')], { commitId: 'once' })
    const { repeated } = await store.append([opened('front'), opened('back')], { commitId: 'once' })
    expect(repeated).toBe(true)
    expect(await store.health()).toMatchObject({ head: 2, newest: 2 })
    await store.close()
    await pool.query('drop owned by of_few_rights; drop role of_few_rights')
  })
})

async function migrated(schema: string): Promise<void> {
  await withStore(schema, (store) => store.migrate())
}

/** Does something with a store whose schema is migrated. */
async function withStore(schema: string, work: (store: PostgresStore) => Promise<unknown>): Promise<void> {
  const store = new PostgresStore({ client: pool, schema })
  try {
    await store.migrate()
    await work(store)
  } finally {
    await store.close()
  }
}

function quoted(name: string): string {
  return pg.escapeIdentifier(name)
}

function opened(door: string): StreamAppend {
  const event = { source: 'urn:x:door', type: 'Opened', version: 1, data: {} }
  return { stream: { aggregateType: 'Door', aggregateId: door }, expected: 'any', events: [event] }
}

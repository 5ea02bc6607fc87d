import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { PostgresProjectionStore, schemaSql, type SqlClient } from '@eventmill/projections-postgres'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { defineProjection, Projections } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'
import { accountEvents, append, deposits, eventually, unreachable } from '../../projections/test/fixtures.ts'
import { projectionStoreRules, type StoreOfWords } from '../../projections/test/projection-store-rules.ts'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'

let server: PostgresServer
let pglite: PGlite
beforeAll(async () => {
  ;[server, pglite] = await Promise.all([startPostgres(), PGlite.create()])
}, 60_000)
afterAll(async () => {
  await pglite.close()
  await server.stop()
})

let schemas = 0
const NO_HOOKS = { create: async () => undefined, serve: async () => undefined }

async function storeOfWords(
  client: SqlClient & ConstructorParameters<typeof PostgresProjectionStore>[0]['client'],
): Promise<StoreOfWords<SqlClient>> {
  const schema = `it's "${++schemas}"; $schema`
  const table = `words_${schemas}`
  const store = new PostgresProjectionStore({ client, schema })
  await store.migrate()
  await client.query(`create table ${table} (number serial, word text)`)
  return {
    store,
    write: async (target, word) => {
      await target.query(`insert into ${table} (word) values ($1)`, [word])
    },
    read: async () => {
      const { rows } = await client.query(`select word from ${table} order by number`)
      return (rows as { word: string }[]).map(({ word }) => word)
    },
  }
}

projectionStoreRules('a PostgresProjectionStore on a server', {
  create: () => storeOfWords(server.pool({ max: 5 })),
  undoes: true,
  concurrent: true,
})

projectionStoreRules('a PostgresProjectionStore on a PGlite', {
  create: () => storeOfWords(pglite),
  undoes: true,
  concurrent: false,
})

describe('the tables', () => {
  test('are those of schema.sql, which npm run schema writes', () => {
    const written = readFileSync(join(import.meta.dirname, '../schema.sql'), 'utf8')
    expect(written).toBe(schemaSql('eventmill_projections'))
  })

  test('are made once, however many begin at the same time', async () => {
    const pool = server.pool({ max: 20 })
    const store = () => new PostgresProjectionStore({ client: pool, schema: 'at once' })
    await Promise.all(Array.from({ length: 20 }, () => store().migrate()))
    const { rows } = await pool.query('select version from "at once".migrations')
    expect(rows).toEqual([{ version: 1 }])
  })

  test('are asked for where they are missing', async () => {
    const store = new PostgresProjectionStore({ client: server.pool(), schema: 'missing' })
    const preparing = store.prepare({ name: 'p', version: 1 }, [0], NO_HOOKS)
    await expect(preparing).rejects.toMatchObject({ code: 'MIGRATION_REQUIRED', found: 0, required: 1 })
  })
})

describe('on a server', () => {
  const v1 = { name: 'words', version: 1 }
  const none = async () => undefined
  async function prepared({ idleTimeout, ...options }: pg.PoolConfig & { idleTimeout?: number } = {}) {
    const pool = server.pool({ max: 5, ...options })
    const store = new PostgresProjectionStore({
      client: pool,
      schema: `server ${++schemas}`,
      idleTimeout,
    })
    await store.migrate()
    await store.prepare(v1, [0, 0], NO_HOOKS)
    const [claim] = await store.claim('a', [v1], 60_000)
    if (claim === undefined) throw new Error('nothing is claimed')
    return { pool, store, claim }
  }

  test('what a handler cannot reach by itself is its own failure', async () => {
    const { store, claim } = await prepared()
    const failure = Object.assign(new Error('no mail server'), { code: 'ECONNREFUSED' })
    await expect(store.commit(claim, 1, () => Promise.reject(failure))).rejects.toBe(failure)
  })

  test('a handler whose connection is ended may be called again', async () => {
    const { pool, store, claim } = await prepared()
    const ended = store.commit(claim, 1, async ({ target }) => {
      const { rows } = await target.query('select pg_backend_pid() as pid')
      await pool.query('select pg_terminate_backend($1)', [(rows[0] as { pid: number }).pid])
      await target.query('select 1')
    })
    await expect(ended).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
    await store.commit(claim, 1, none)
  })

  test('a handler that goes on after a statement has failed has failed itself', async () => {
    const { store, claim } = await prepared()
    const careless = async (target: SqlClient) => {
      await target.query('select 1 / 0').catch(() => undefined)
    }
    await expect(store.commit(claim, 1, ({ target }) => careless(target))).rejects.toThrow('use a savepoint')
    await store.commit(claim, 5, ({ park }) => park({ ...parkable, position: 3 }, 'why'))
    const [parked] = await store.parked(v1, 1)
    if (parked === undefined) throw new Error('nothing is parked')
    await expect(store.unpark(parked, careless)).rejects.toThrow('use a savepoint')
    expect(await store.parked(v1, 1)).toHaveLength(1)
  })

  test('a handler that inserts is not called a failure where the answer of its commit was lost', async () => {
    const { pool, store } = await prepared()
    const events = new InMemoryStore()
    const table = `inserted_${schemas}`
    const inserting = defineProjection({
      name: 'inserting',
      version: 1,
      events: accountEvents,
      create: (sql: SqlClient) => sql.query(`create table ${table} (position bigint primary key)`),
      handleBatch: (all, sql) =>
        sql.query(`insert into ${table} select * from unnest($1::bigint[])`, [
          all.map(({ position }) => position),
        ]),
    })
    const commit = store.commit.bind(store)
    let lost = 1
    store.commit = async (...args) => {
      await commit(...args)
      if (lost-- > 0) throw unreachable()
    }
    await append(events, 'DE1', ...deposits(3))
    const options = { into: store, projections: [inserting], lease: 300 }
    const projections = new Projections(events, options)
    await projections.start()
    await projections.waitFor(inserting, await append(events, 'DE1', ...deposits(1)))
    await projections.stop()
    const { rows } = await pool.query(`select position::int from ${table} order by position`)
    expect(rows).toEqual([1, 2, 3, 4].map((position) => ({ position })))
  })

  test('a version that has far to go does not hold up the one that serves', async () => {
    const { pool, store, claim } = await prepared()
    const v2 = { name: 'words', version: 2 }
    await store.prepare(v2, [0], NO_HOOKS)
    await store.commit(claim, 10_000, none)
    const holding = await pool.connect()
    try {
      await holding.query('begin')
      await holding.query(`select from "server ${schemas}".checkpoints where version = 1 for update`)
      // It would wait here for the lock, if it wanted one.
      expect(await store.serve(v2, { atLeast: 0, lost: [] }, none)).toBe('behind')
    } finally {
      await holding.query('rollback')
      holding.release()
    }
  })

  test('a switch that takes long keeps nobody from keeping a claim', async () => {
    const { store } = await prepared()
    const v2 = { name: 'words', version: 2 }
    await store.prepare(v2, [0], NO_HOOKS)
    const all = async () => (await store.claim('a', [v1, v2], 60_000)).map(({ version }) => version).sort()
    expect(await all()).toEqual([1, 1, 2])
    let meanwhile: readonly number[] = []
    await store.serve(v2, { atLeast: 0, lost: [] }, async () => {
      meanwhile = await all()
      expect(await store.claim('b', [v1, v2], 60_000)).toEqual([])
    })
    expect(meanwhile).toEqual([1, 1, 2])
  })

  test('a handler that keeps its transaction idle for too long has failed', async () => {
    const { pool, store, claim } = await prepared({ idleTimeout: 500 })
    const idle = store.commit(claim, 1, async ({ target }) => {
      const { rows } = await target.query('select pg_backend_pid() as pid')
      const { pid } = rows[0] as { readonly pid: number }
      await eventually(async () => {
        const { rowCount } = await pool.query('select from pg_stat_activity where pid = $1', [pid])
        return rowCount === 0
      })
      await target.query('select 1')
    })
    await expect(idle).rejects.toThrow('it must be faster, or idleTimeout longer')
    await store.commit(claim, 1, none)
  })

  test('a handler that never answers has failed when its transaction is ended', async () => {
    const { store, claim } = await prepared({ idleTimeout: 500 })
    const hanging = store.commit(claim, 1, () => new Promise(() => undefined))
    await expect(hanging).rejects.toThrow('it must be faster, or idleTimeout longer')
    await store.commit(claim, 1, none)
  })

  test('a handler gets through that waits for something else, all events of a batch together for too long', async () => {
    const { pool, store } = await prepared({ idleTimeout: 250 })
    const events = new InMemoryStore()
    await append(events, 'DE1', ...deposits(20))
    const handled: number[] = []
    const waiting = defineProjection({
      name: 'waiting',
      version: 1,
      events: accountEvents,
      create: async (_sql: SqlClient) => undefined,
      // What takes its time is the subject here: 16 of them take longer than they may.
      handle: {
        Deposited: async ({ position }) => {
          await pool.query('select pg_sleep(0.02)')
          handled.push(position)
        },
      },
    })
    const projections = new Projections(events, { into: store, projections: [waiting], lease: 300 })
    await projections.start()
    await projections.waitFor(waiting, 20)
    await projections.stop()
    expect([...new Set(handled)]).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
  })

  test('handlers leave connections of their pool to whatever else they need', async () => {
    const { pool, store } = await prepared({ max: 4 })
    const events = new InMemoryStore()
    for (let account = 0; account < 40; account++) await append(events, `DE${account}`, ...deposits(1))
    const asking = defineProjection({
      name: 'asking',
      version: 1,
      events: accountEvents,
      partitions: 8,
      create: async (_sql: SqlClient) => undefined,
      handle: {
        Deposited: async () => {
          await pool.query('select 1')
        },
      },
    })
    const projections = new Projections(events, { into: store, projections: [asking], lease: 300 })
    await projections.start()
    await projections.waitFor(asking, 40, { timeout: 4_000 })
    await projections.stop()
  })

  test('a database that cannot be written to for a while is waited for', async () => {
    const { store, claim } = await prepared()
    const readOnly = store.commit(claim, 1, async ({ target }) => {
      await target.query('set transaction read only')
    })
    await expect(readOnly).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
  })

  test('a version is not dropped while it begins to serve', async () => {
    const { pool, store } = await prepared()
    const v2 = { name: 'words', version: 2 }
    await store.prepare(v2, [0], NO_HOOKS)
    let dropped: Promise<unknown> | undefined
    const outcome = await store.serve(v2, { atLeast: 0, lost: [] }, async () => {
      dropped = store.drop(v2, false, none).catch((error: unknown) => error)
      await eventually(async () => {
        const waiting = await pool.query(`select from pg_stat_activity where wait_event_type = 'Lock'`)
        return waiting.rowCount === 1
      })
    })
    expect(outcome).toBe('switched')
    expect(await dropped).toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(await store.states(['words'])).toMatchObject([{ serving: false }, { serving: true }])
  })

  test('a version that is dropped waits for the handlers that write to its tables, and they for nothing', async () => {
    const { pool, store } = await prepared()
    const v2 = { name: 'words', version: 2 }
    const table = `dropped_${schemas}`
    await store.prepare(v2, [0], {
      ...NO_HOOKS,
      create: async (target) => {
        await target.query(`create table ${table} (word text)`)
      },
    })
    // Whoever pauses for longer than its lease.
    const [claim] = await store.claim('b', [v2], 1)
    if (claim === undefined) throw new Error('nothing is claimed')
    let dropped: Promise<void> | undefined
    await store.commit(claim, 1, async ({ target }) => {
      await target.query(`insert into ${table} values ('late')`)
      dropped = store.drop(v2, false, async (dropping) => {
        await dropping.query(`drop table ${table}`)
      })
      await eventually(async () => {
        const waiting = await pool.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and query like $1`,
          [`drop table ${table}`],
        )
        return waiting.rowCount === 1
      })
    })
    await dropped
    expect(await store.states(['words'])).toMatchObject([{ version: 1 }])
  })

  test('a pool may parse the types of the database as it likes', async () => {
    const types = { getTypeParser: () => (text: string) => text }
    const { store, claim } = await prepared({ types: types })
    await store.commit(claim, 5, ({ park }) => park({ ...parkable, position: 3 }, 'why'))
    expect(claim).toMatchObject({ version: 1, partition: 0, position: 0 })
    expect(await store.states(['words'])).toMatchObject([
      { parked: 1, serving: true, checkpoints: [{ position: 5 }, {}] },
    ])
  })
})

const parkable = {
  source: 'urn:x:words',
  type: 'Said',
  version: 1,
  data: {},
  metadata: {},
  id: '1',
  aggregateType: 'Word',
  aggregateId: 'x',
  sequence: 1,
  position: 1,
  time: '2026-01-31T12:00:00.000Z',
}

test('a connection string where a client should be is not shown', () => {
  const client = 'postgres://me:secret@db/app' as never
  expect(() => new PostgresProjectionStore({ client })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  )
})

test.each([
  ['options.client', { client: {} }],
  ['options.client', { client: undefined }],
  ['options.schema', { schema: '' }],
  ['options.schema', { schema: 'é'.repeat(32) }],
  ['options.schema', { schema: 'pg_mine' }],
  ['options.idleTimeout', { idleTimeout: 0 }],
  ['options.idleTimeout', { idleTimeout: 2 ** 31 }],
  ['options.table', { table: 'x' }],
])('%s of the wrong form is refused', (argument, options) => {
  const create = () => new PostgresProjectionStore({ client: pglite, ...(options as object) })
  expect(create).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }))
})

test('an idle connection that ends, ends no process, whoever listens to the pool', () => {
  const pool = new pg.Pool({ host: 'nowhere.invalid' })
  for (const _store of [1, 2]) new PostgresProjectionStore({ client: pool })
  expect(pool.listenerCount('error')).toBe(1)
  expect(() => pool.emit('error', new Error('it has ended'), new pg.Client())).not.toThrow()
})

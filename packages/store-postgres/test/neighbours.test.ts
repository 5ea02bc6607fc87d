import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type AppendResult, type Json } from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'
import type pg from 'pg'
import { countingPool } from './counting-pool.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { to, waitsForALock } from './session.ts'

let server: PostgresServer
let pool: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  // The server's stack suffices for a payload that is nested a hundred times, and not for one of nine hundred.
  pool = server.pool({ max: 20, options: '-c max_stack_depth=100kB -c deadlock_timeout=20ms' })
}, 60_000)
afterAll(() => server.stop())

let schemas = 0
let schema: string
let store: PostgresStore
beforeEach(async () => {
  schema = `neighbours ${++schemas}`
  store = new PostgresStore({ client: pool, schema })
  await store.migrate()
})
afterEach(async () => {
  await store.close()
  await pool.query(`drop schema "${schema}" cascade`)
})

describe('a transaction that has appended to a stream and stays open', () => {
  test.each([
    ['that was there', true],
    ['that it has created', false],
  ])('delays those who append to a stream %s, and nobody in the same batch', async (_, existed) => {
    if (existed) await store.append([to('popular')])
    await store.append([to('existing')])
    await inTransaction(async (client) => {
      const first = await store.within(client).append([to('popular')])
      // The first two leave at once: what follows travels together behind them.
      const ahead = [store.append([to('ahead 1')]), store.append([to('ahead 2')])]
      const waiting = ['1', '2', '3'].map((n) => store.append([to('popular', n)]))
      const neighbours = ['existing', 'new 1', 'new 2'].map((id) => store.append([to(id)]))
      await Promise.all([...ahead, ...neighbours])
      const later = [store.append([to('popular', '4')]), store.append([to('existing'), to('popular', '5')])]
      await store.append([to('new 3')])
      // None of them is there yet.
      expect((await streamOf('popular')).length).toBe(existed ? 1 : 0)
      await client.query('commit')
      const results = await Promise.all([...waiting, ...later])
      const generation = Number(first.generations[0])
      expect(results.map(({ generations }) => generations.at(-1))).toEqual(
        [1, 2, 3, 4, 5].map((n) => generation + n),
      )
      expect((await streamOf('popular')).slice(generation)).toEqual(['1', '2', '3', '4', '5'])
    })
  })

  test('splits no batch: who travels with those who create the same streams is stored by the same statement', async () => {
    await inTransaction(async (client) => {
      await store.within(client).append([to('held 1'), to('held 2'), to('held 3')])
      const counted = countingPool(server.pool())
      const counting = new PostgresStore({ client: counted, schema })
      await counting.append([to('first')])
      counted.taken()
      const ahead = ['ahead 1', 'ahead 2'].map((id) => counting.append([to(id)]))
      const held = ['held 1', 'held 2', 'held 3'].map((id) => counting.append([to(id)]))
      const free = Array.from({ length: 40 }, (_, n) => counting.append([to(`free ${n}`)]))
      await Promise.all([...ahead, ...free])
      const batches = counted.taken().filter((text) => text.includes('.append('))
      // The others are those of the first two that wait for what is held.
      expect(batches.length).toBeLessThanOrEqual(3 + 2)
      await client.query('commit')
      expect((await Promise.all(held)).map(({ generations }) => generations)).toEqual([[2], [2], [2]])
      await counting.close()
    })
  })

  test('delays no other stream, however many it has created, and however many wait for them', async () => {
    await inTransaction(async (client) => {
      const held = Array.from({ length: 1_000 }, (_, n) => to(`held ${n}`))
      await store.within(client).append(held)
      const timeouts = { operation: 20_000, statement: 400 }
      const patient = new PostgresStore({ client: pool, schema, timeouts })
      const waiting = held.slice(0, 400).map((append) => patient.append([append]))
      await Promise.all(Array.from({ length: 40 }, (_, n) => patient.append([to(`free ${n}`)])))
      await client.query('commit')
      await Promise.all(waiting)
      expect(await streamOf('held 399')).toHaveLength(2)
      await patient.close()
    })
  }, 30_000)

  test.each(['held', 'held and new'])(
    'keeps nobody from a stream that an append over several has, which waits for one that is %s',
    async (id) => {
      await store.append([to('free'), to('held')])
      await inTransaction(async (client) => {
        await store.within(client).append([to(id)])
        const other = new PostgresStore({ client: pool, schema })
        const wide = other.append([to('free'), to(id)])
        for (let n = 0; n < 40; n++) await store.append([to('free')])
        await client.query('commit')
        await wide
        expect(await streamOf('free')).toHaveLength(42)
        await other.close()
      })
    },
  )

  test('is waited for by readers of the log, and then nothing is missing', async () => {
    await inTransaction(async (client) => {
      await store.within(client).append([to('a')])
      await store.append([to('b')])
      expect(await log()).toEqual([])
      await client.query('commit')
      expect(await log()).toEqual(['a', 'b'])
    })
  })
})

describe('transactions that create the same streams', () => {
  test('in opposite orders, wait for each other where each is one append', async () => {
    const other = new PostgresStore({ client: pool, schema })
    const results = await inTransaction((first) =>
      inTransaction(async (second) => {
        const { pid } = (await second.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0] ?? {}
        const done = await store.within(first).append([to('a'), to('b')])
        const waiting = other.within(second).append([to('b'), to('a')])
        await waitsForALock(pool, Number(pid))
        await first.query('commit')
        const late = await waiting
        await second.query('commit')
        return [done, late]
      }),
    )
    expect(results.map(({ generations }) => generations)).toEqual([
      [1, 1],
      [2, 2],
    ])
    await other.close()
  })

  test('in opposite orders, one after the other, lose one of the two, which says that it can be repeated', async () => {
    const other = new PostgresStore({ client: pool, schema })
    await inTransaction((first) =>
      inTransaction(async (second) => {
        await store.within(first).append([to('a')])
        await other.within(second).append([to('b')])
        const results = await Promise.allSettled([
          endOf(first, store.within(first).append([to('b')])),
          endOf(second, other.within(second).append([to('a')])),
        ])
        const failed = results.filter((result) => result.status === 'rejected')
        const message = expect.stringMatching(/deadlock detected.*repeat the whole transaction/)
        expect(failed).toMatchObject([{ reason: { code: 'STORE_UNREACHABLE', message } }])
        expect((await log()).toSorted()).toEqual(['a', 'b'])
      }),
    )
    await other.close()
  })
})

describe('a payload that the database refuses', () => {
  test.each([
    ['since it is nested too deep for its stack', nested(900), '54001'],
    ['by a constraint that was added', 'too long', '23514'],
  ])('%s, fails alone, of all that travel with it', async (_, payload, sqlState) => {
    await pool.query(`alter table "${schema}".events add check (length(data::text) <> 10)`)
    const appends = ['ahead 1', 'ahead 2', 'a', 'refused', 'b', 'c'].map((id) =>
      store.append([to(id, id === 'refused' ? payload : nested(100))]),
    )
    const results = await Promise.allSettled(appends)
    expect(results.map(({ status }) => status).indexOf('rejected')).toBe(3)
    const failed = results.filter((result) => result.status === 'rejected')
    expect(failed).toMatchObject([{ reason: { code: 'STORE_REFUSED', sqlState } }])
    expect((await log()).toSorted()).toEqual(['a', 'ahead 1', 'ahead 2', 'b', 'c'])
  })
})

describe('transactions that have written something else', () => {
  test.each([
    ['the same database', {}],
    ['another database', { database: 'template1' }],
  ])('in %s, delay nobody', async (_, options) => {
    const elsewhere = server.pool({ max: 1, ...options })
    const bystander = await elsewhere.connect()
    await bystander.query('begin')
    // As of now it has a number among those that have written.
    await bystander.query('select pg_current_xact_id()')
    await store.append([to('a')])
    expect(await store.head()).toBe(1)
    expect(await log()).toEqual(['a'])
    await store.waitForAppend(0, AbortSignal.timeout(1_000))
    await bystander.query('rollback')
    bystander.release()
  })
})

async function inTransaction<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    return await work(client)
  } finally {
    client.release(true)
  }
}

/** Commits what succeeds, and rolls back what does not. */
async function endOf(client: pg.PoolClient, appended: Promise<AppendResult>): Promise<void> {
  try {
    await appended
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function streamOf(aggregateId: string): Promise<readonly unknown[]> {
  const events = await Array.fromAsync(store.readStream({ aggregateType: 'Test', aggregateId }))
  return events.map(({ data }) => data)
}

async function log(): Promise<readonly string[]> {
  return (await Array.fromAsync(store.readAll())).map(({ aggregateId }) => aggregateId)
}

function nested(depth: number): Json {
  let json: Json = 1
  for (let level = 0; level < depth; level++) json = { deeper: json }
  return json
}

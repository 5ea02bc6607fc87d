import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  Core,
  defineAggregate,
  defineEvents,
  type DomainEvent,
  event,
  type EventStore,
} from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: PostgresServer
let pool: pg.Pool
let pglite: PGlite
beforeAll(async () => {
  server = await startPostgres()
  pool = server.pool({ max: 5 })
  pglite = await PGlite.create()
}, 60_000)
afterAll(async () => {
  await Promise.all([server.stop(), pglite.close()])
})

let schemas = 0

/** A store, and how its users begin a transaction of their own. */
interface Setup {
  readonly store: PostgresStore
  /** Commits, or rolls back where `work` fails. */
  readonly transaction: <Result>(
    work: (inside: EventStore, query: (sql: string) => Promise<unknown>) => Promise<Result>,
  ) => Promise<Result>
}

async function onServer(): Promise<Setup> {
  const store = new PostgresStore({ client: pool, schema: `within ${++schemas}` })
  await store.migrate()
  return {
    store,
    transaction: async (work) => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        const result = await work(store.within(client), (sql) => client.query(sql))
        await client.query('commit')
        return result
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
  }
}

async function onPglite(): Promise<Setup> {
  const store = new PostgresStore({ client: pglite, schema: `within ${++schemas}` })
  await store.migrate()
  return {
    store,
    transaction: (work) =>
      pglite.transaction((transaction) => work(store.within(transaction), (sql) => transaction.query(sql))),
  }
}

const noteEvents = defineEvents('https://example.com/note', {
  Noted: event<{ n: number }>(),
  Crossed: event(),
})
const Note = defineAggregate({
  type: 'Note',
  events: noteEvents,
  initialize: (_id: string): readonly number[] => [],
  apply: { Noted: (notes, { data }) => [...notes, data.n], Crossed: (notes) => notes },
  handle: { Write: (_notes, { n }: { n: number }) => noteEvents.Noted({ n }) },
})

const stream = (aggregateId: string) => ({ aggregateType: 'Note', aggregateId })
const note = (id: string, n: number, expected: number | 'any' = 'any') => [
  { stream: stream(id), expected, events: [noteEvents.Noted({ n })] },
]
const numbers = async (events: AsyncIterable<DomainEvent>) => {
  const found: unknown[] = []
  for await (const { data } of events) found.push((data as { n: number }).n)
  return found
}

describe.each([
  ['a server', onServer],
  ['PGlite', onPglite],
])('within a transaction on %s', (_name, setUp) => {
  test('what is appended is stored when the transaction commits, together with what else it writes', async () => {
    const { store, transaction } = await setUp()
    const rows = `rows_${schemas}`
    await transaction(async (inside, query) => {
      await query(`create table ${rows} (n integer)`)
      await inside.append(note('a', 1))
      await query(`insert into ${rows} values (1)`)
      await inside.append(note('a', 2, 1))
      expect(await numbers(inside.readStream(stream('a')))).toEqual([1, 2])
    })
    expect(await numbers(store.readAll())).toEqual([1, 2])
    await transaction((_, query) => query(`drop table ${rows}`))
  })

  test('what is appended is gone when the transaction rolls back, and so are the types that came with it', async () => {
    const { store, transaction } = await setUp()
    const rolledBack = transaction(async (inside) => {
      await inside.append(note('a', 1))
      throw new Error('never mind')
    })
    await expect(rolledBack).rejects.toThrow('never mind')
    expect(await numbers(store.readAll())).toEqual([])
    const { events } = await store.append(note('a', 2))
    expect(events.map(({ type, sequence }) => `${type} ${sequence}`)).toEqual(['Noted 1'])
    expect(await numbers(store.readAll())).toEqual([2])
  })

  test('a conflict is no error of the database: the transaction goes on', async () => {
    const { store, transaction } = await setUp()
    await transaction(async (inside) => {
      await inside.append(note('a', 1))
      await expect(inside.append(note('a', 2, 0))).rejects.toMatchObject({
        code: 'GENERATION_CONFLICT',
        actual: 1,
      })
      await inside.append(note('a', 3, 1))
    })
    expect(await numbers(store.readAll())).toEqual([1, 3])
  })

  test('a commit id applies once, also within one transaction', async () => {
    const { store, transaction } = await setUp()
    await transaction(async (inside) => {
      const first = await inside.append(note('a', 1), { commitId: 'c' })
      const again = await inside.append(note('a', 1), { commitId: 'c' })
      expect(again).toEqual({ ...first, repeated: true })
      expect(await inside.findCommit(stream('a'), 'c')).toEqual(again)
    })
    expect((await store.append(note('a', 1), { commitId: 'c' })).repeated).toBe(true)
  })

  test('commands are dispatched within it', async () => {
    const { store, transaction } = await setUp()
    await transaction(async (inside) => {
      const core = new Core(inside)
      await core.dispatchCommand(Note.commands.Write('a', { n: 1 }))
      const { generation, state } = await core.dispatchCommand(Note.commands.Write('a', { n: 2 }))
      expect([generation, state]).toEqual([2, [1, 2]])
    })
    expect(await numbers(store.readAll())).toEqual([1, 2])
  })

  test('the log as a whole cannot be read within it, which would wait for itself', async () => {
    const { transaction } = await setUp()
    await transaction(async (inside) => {
      const missing = (capability: string) => ({ code: 'CAPABILITY_MISSING', capability })
      expect(inside.capabilities.push).toBe(false)
      expect('waitForAppend' in inside).toBe(false)
      await expect(inside.head()).rejects.toMatchObject(missing('head'))
      await expect(numbers(inside.readAll())).rejects.toMatchObject(missing('readAll'))
    })
  })

  test('another isolation than READ COMMITTED is refused', async () => {
    const { store, transaction } = await setUp()
    await store.append(note('a', 1))
    const refused = transaction(async (inside, query) => {
      await query('set transaction isolation level repeatable read')
      await inside.append(note('a', 2))
    })
    await expect(refused).rejects.toMatchObject({
      code: 'STORE_REFUSED',
      sqlState: '0A000',
    })
    expect(await numbers(store.readAll())).toEqual([1])
  })

  test('a store that was closed within it leaves the transaction, and the store outside, as they are', async () => {
    const { store, transaction } = await setUp()
    await transaction(async (inside, query) => {
      await inside.append(note('a', 1))
      await inside.close()
      await expect(inside.append(note('a', 2))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
      await query('select 1')
    })
    expect(await numbers(store.readAll())).toEqual([1])
  })
})

test('transactions that have taken all connections append what is new to all of them', async () => {
  const { store, transaction } = await onServer()
  const all = Array.from({ length: 5 }, (_, n) => n)
  let begun = 0
  await Promise.all(
    all.map((n) =>
      transaction(async (inside) => {
        begun += 1
        while (begun < all.length) await new Promise(setImmediate)
        await inside.append(note(`${n}`, n))
      }),
    ),
  )
  expect((await numbers(store.readAll())).toSorted()).toEqual(all)
})

test.each([
  ['a pool', () => pool],
  ['nothing', () => undefined],
  ['a PGlite', () => pglite],
])('it takes no transaction that is none: %s', async (_what, transaction) => {
  const { store } = await onServer()
  expect(() => store.within(transaction() as never)).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'transaction' }),
  )
})

test('a reader hears of what a transaction has appended as soon as it commits', async () => {
  const { store, transaction } = await onServer()
  const controller = new AbortController()
  await store.append(note('a', 1))
  const waiting = store.waitForAppend(await store.head(), controller.signal)
  while ((await store.health()).push !== 'listening') await new Promise(setImmediate)
  const start = performance.now()
  await transaction((inside) => inside.append(note('a', 2)))
  await waiting
  // Not by its next poll, which is five seconds away.
  expect(performance.now() - start).toBeLessThan(2_500)
  await store.close()
})

test('outside of a transaction that has appended, nobody sees anything of it until it commits', async () => {
  const { store, transaction } = await onServer()
  await transaction(async (inside) => {
    await inside.append(note('a', 1))
    await store.append(note('b', 2))
    expect(await numbers(store.readStream(stream('a')))).toEqual([])
    // What comes after it waits for it: it will stand before.
    expect(await numbers(store.readAll())).toEqual([])
    expect(await store.head()).toBe(0)
    const { newest, horizon } = await store.health()
    expect(newest).toBe(2)
    expect(horizon).toMatchObject({ position: 0, state: 'idle in transaction' })
  })
  expect(await numbers(store.readAll())).toEqual([1, 2])
})

test('a reader that waits behind a transaction says so, and is woken when that ends', async () => {
  const { store, transaction } = await onServer()
  const controller = new AbortController()
  const { waiting } = await transaction(async (inside) => {
    await inside.append(note('a', 1))
    await store.append(note('b', 2))
    const wait = store.waitForAppend(0, controller.signal)
    const reasonIs = async (reason: string) => {
      while ((await store.health()).readers[0]?.reason !== reason) await new Promise(setImmediate)
    }
    await reasonIs('held back')
    return { waiting: wait }
  })
  await waiting
  expect(await store.head()).toBe(2)
  await store.close()
})

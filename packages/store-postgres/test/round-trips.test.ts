import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'
import { type CountingPool, countingPool } from './counting-pool.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { to } from './session.ts'

const counterEvents = defineEvents('urn:x:test', { Counted: event() })
const Counter = defineAggregate({
  type: 'Counter',
  events: counterEvents,
  initialize: (_id: string) => 0,
  apply: { Counted: (count) => count + 1 },
  handle: { Count: () => counterEvents.Counted() },
})

const SCHEMA = 'round trips'

let server: PostgresServer
let pool: CountingPool
beforeAll(async () => {
  server = await startPostgres()
  pool = countingPool(server.pool())
  const store = new PostgresStore({ client: pool, schema: SCHEMA })
  await store.migrate()
  await store.close()
}, 60_000)
afterAll(async () => {
  await server.pool().query(`drop schema "${SCHEMA}" cascade`)
  await server.stop()
})

let store: PostgresStore
let core: Core
let streams = 0
beforeEach(async () => {
  store = new PostgresStore({ client: pool, schema: SCHEMA })
  core = new Core(store)
  // It looks once whether the database is as it should be, and learns the types of events when it first meets them.
  await core.dispatchCommand(Counter.commands.Count(newId()))
  await store.append([to(newId())])
  pool.taken()
})
afterEach(() => store.close())

describe('so many round trips', () => {
  test('1 for an append, to new streams, to existing ones, or to several, with or without a commit id', async () => {
    const [a, b] = [newId(), newId()]
    for (const appends of [[to(a)], [to(a)], [to(a), to(b)]]) {
      for (const commitId of [undefined, newId()]) {
        await store.append(appends, { commitId })
        expect(counted()).toEqual({ append: 1 })
      }
    }
  })

  test('1 for an append that meets a conflict, and 2 for one that was stored before', async () => {
    const append = [{ ...to(newId()), expected: 0 }]
    const commitId = newId()
    await store.append(append, { commitId })
    pool.taken()
    await expect(store.append(append)).rejects.toHaveProperty('code', 'GENERATION_CONFLICT')
    expect(counted()).toEqual({ append: 1 })
    await store.append(append, { commitId })
    expect(counted()).toEqual({ append: 1, read: 1 })
  })

  test('2 for a command, and 3 for one with a command id', async () => {
    const id = newId()
    for (let n = 0; n < 2; n++) {
      await core.dispatchCommand(Counter.commands.Count(id))
      expect(counted()).toEqual({ read: 1, append: 1 })
      await core.dispatchCommand(Counter.commands.Count(id, undefined, { commandId: newId() }))
      expect(counted()).toEqual({ find_commit: 1, read: 1, append: 1 })
    }
  })

  test('1 to look for a commit that is not there, and 2 for one that is', async () => {
    const [id, commitId] = [newId(), newId()]
    await store.append([to(id)], { commitId })
    pool.taken()
    const stream = { aggregateType: 'Test', aggregateId: id }
    expect(await store.findCommit(stream, newId())).toBeUndefined()
    expect(counted()).toEqual({ find_commit: 1 })
    expect(await store.findCommit(stream, commitId)).toBeDefined()
    expect(counted()).toEqual({ find_commit: 1, read: 1 })
  })

  test('1 for the head', async () => {
    await store.head()
    expect(counted()).toEqual({ head: 1 })
  })

  test('1 for each page of the log, and 1 for the horizon', async () => {
    const after = await store.head()
    await append(2_500)
    for (const [limit, pages] of [
      [1, 1],
      [1_000, 1],
      [1_001, 2],
      [2_500, 3],
      [undefined, 3],
    ] as const) {
      const events = await Array.fromAsync(store.readAll({ after, limit }))
      expect(events).toHaveLength(limit ?? 2_500)
      expect(counted()).toEqual({ horizon: 1, read: pages })
    }
  })

  test('none for the horizon where the head was told just before, and no further is read', async () => {
    await append(10)
    const head = await store.head()
    await append(10)
    expect(await Array.fromAsync(store.readAll({ after: head - 10, upTo: head }))).toHaveLength(10)
    expect(counted()).toEqual({ read: 1 })
    expect(await Array.fromAsync(store.readAll({ after: head - 10, upTo: head + 1 }))).toHaveLength(11)
    expect(counted()).toEqual({ horizon: 1, read: 1 })
  })

  test('1 for a page of a stream, and 1 more for the end of one of several pages', async () => {
    const aggregateId = await append(2_500)
    const stream = { aggregateType: 'Test', aggregateId }
    await Array.fromAsync(store.readStream(stream, { upTo: 999 }))
    expect(counted()).toEqual({ read: 1 })
    await Array.fromAsync(store.readStream(stream))
    expect(counted()).toEqual({ read: 3 + 1 })
  })
})

test('the next page is on its way when the first event of a page is handed out', async () => {
  const after = await store.head()
  const aggregateId = await append(2_500)
  const stream = { aggregateType: 'Test', aggregateId }
  for (const [events, reads] of [
    [store.readAll({ after }), 2],
    // Where the stream ends is looked up as well.
    [store.readStream(stream), 3],
  ] as const) {
    pool.taken()
    for await (const _event of events) {
      expect(counted()).toMatchObject({ read: reads })
      break
    }
  }
})

describe('what happens at once travels together', () => {
  test('500 appends in 3 statements', async () => {
    await Promise.all(Array.from({ length: 500 }, () => store.append([to(newId())])))
    expect(counted()).toEqual({ append: 3 })
  })

  test('500 appends to one stream in 2 statements', async () => {
    const id = newId()
    await Promise.all(Array.from({ length: 500 }, () => store.append([to(id)])))
    expect(counted()).toEqual({ append: 2 })
  })

  test('200 loads in 3 statements', async () => {
    const ids = Array.from({ length: 200 }, newId)
    await Promise.all(ids.map((id) => core.load(Counter, id)))
    expect(counted()).toEqual({ read: 3 })
  })

  test('200 commands in 6 to 8 statements', async () => {
    const ids = Array.from({ length: 200 }, newId)
    await Promise.all(ids.map((id) => core.dispatchCommand(Counter.commands.Count(id))))
    const { append: appends, ...others } = counted()
    expect(others).toEqual({ read: 3 })
    // Two more leave alone where the appends of the first two are back by the time that the other loads are.
    expect(appends).toBeGreaterThanOrEqual(3)
    expect(appends).toBeLessThanOrEqual(5)
  })
})

function newId(): string {
  return `${++streams}`
}

/** A stream of so many events. */
async function append(count: number): Promise<string> {
  const id = newId()
  const { stream, expected, events } = to(id)
  await store.append([{ stream, expected, events: Array.from({ length: count }, () => events).flat() }])
  pool.taken()
  return id
}

/** The statements since they were last counted, by the function of the schema that they call, or that they read. */
function counted(): { readonly [kind: string]: number } {
  const counts: { [kind: string]: number } = {}
  for (const statement of pool.taken()) {
    const [, called] = new RegExp(`^select "${SCHEMA}"\\.(\\w+)\\(`).exec(statement) ?? []
    const kind = called ?? 'read'
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Core, defineAggregate, defineEvents, event, type Snapshot } from '@eventmill/core'
import { InMemorySnapshotStore } from '@eventmill/store-memory'
import { PostgresStore } from '@eventmill/store-postgres'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { to } from './session.ts'

const events = defineEvents('urn:x:tally', { Counted: event<{ by: number }>() })
const Tally = defineAggregate({
  type: 'Tally',
  events,
  initialize: (_id: string) => ({ sum: 0 }),
  apply: { Counted: ({ sum }, { data }) => ({ sum: sum + data.by }) },
  handle: {
    Count: (_tally, by: number) => events.Counted({ by }),
    CountEach: (_tally, count: number) => Array.from({ length: count }, () => events.Counted({ by: 1 })),
  },
  snapshots: { every: 100 },
})

let server: PostgresServer
let pglite: PGlite
beforeAll(async () => {
  ;[server, pglite] = await Promise.all([startPostgres(), PGlite.create()])
}, 60_000)
afterAll(async () => {
  await pglite.close()
  await server.stop()
})

const stream = { aggregateType: 'Test', aggregateId: 'a' }
const snapshot = (generation: number, of: Partial<Snapshot> = {}): Snapshot => ({
  version: 1,
  generation,
  eventId: '01940000-0000-7000-8000-00000000abcd',
  state: { sum: generation, text: 'ä"\\' },
  ...of,
})

let schemas = 0
describe.each(['a server', 'a PGlite'])('snapshots on %s', (kind) => {
  let store: PostgresStore
  beforeEach(async () => {
    const client = kind === 'a server' ? server.pool({ max: 4 }) : pglite
    store = new PostgresStore({ client, schema: `snapshots ${++schemas}` })
    await store.migrate()
    await store.append([to('a'), to('b')])
  })

  test('come back as they were saved, each version of its own, the newest of each', async () => {
    const { snapshots } = store
    expect(await snapshots.load(stream, 1)).toBeUndefined()
    await snapshots.save(stream, snapshot(5))
    await snapshots.save(stream, snapshot(4))
    await snapshots.save(stream, snapshot(9, { version: 2, state: [null] }))
    await snapshots.save({ ...stream, aggregateId: 'b' }, snapshot(1))
    expect(await snapshots.load(stream, 1)).toEqual(snapshot(5))
    expect(await snapshots.load(stream, 2)).toEqual(snapshot(9, { version: 2, state: [null] }))
    await snapshots.save(stream, snapshot(6))
    expect(await snapshots.load(stream, 1)).toEqual(snapshot(6))
    await snapshots.delete(stream)
    expect([await snapshots.load(stream, 1), await snapshots.load(stream, 2)]).toEqual([undefined, undefined])
    expect(await snapshots.load({ ...stream, aggregateId: 'b' }, 1)).toEqual(snapshot(1))
    await store.close()
    await expect(snapshots.load(stream, 1)).rejects.toHaveProperty('code', 'STORE_CLOSED')
  })

  test('spare a command the events before them', async () => {
    const core = () => new Core(store, { snapshots: { store: store.snapshots } })
    await core().dispatchCommand(Tally.commands.CountEach('a', 250))
    const { aggregateId } = Tally.stream('a')
    while ((await store.snapshots.load({ aggregateType: 'Tally', aggregateId }, 1)) === undefined) {
      await new Promise(setImmediate)
    }
    expect((await core().dispatchCommand(Tally.commands.Count('a', 5))).state).toEqual({ sum: 255 })
    await store.close()
  })

  test('are not made in a transaction, whose Core remembers nothing either', () => {
    const transaction = { query: () => Promise.resolve({ rows: [] }), exec: () => Promise.resolve(undefined) }
    expect(store.within(transaction).capabilities).toMatchObject({ provisional: true, push: false })
  })

  test.each([
    ['version', () => store.snapshots.load(stream, 0)],
    ['stream.aggregateId', () => store.snapshots.delete({ ...stream, aggregateId: '' })],
    ['snapshot.generation', () => store.snapshots.save(stream, snapshot(0))],
    ['snapshot.kind', () => store.snapshots.save(stream, { ...snapshot(1), kind: 1 } as Snapshot)],
  ])('are refused with a wrong %s', async (argument, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', argument })
  })
})

test('snapshots in memory come back as they were saved as well', async () => {
  const snapshots = new InMemorySnapshotStore()
  const state = { sum: 5 }
  await snapshots.save(stream, snapshot(5, { state }))
  state.sum = 6
  await snapshots.save(stream, snapshot(4))
  expect(await snapshots.load(stream, 1)).toEqual(snapshot(5, { state: { sum: 5 } }))
  expect(await snapshots.load(stream, 2)).toBeUndefined()
  await snapshots.delete(stream)
  expect(await snapshots.load(stream, 1)).toBeUndefined()
})

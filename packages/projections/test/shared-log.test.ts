import { afterEach, describe, expect, test } from '@jest/globals'
import { type EventStore } from '@eventmill/core'
import { InMemoryProjectionStore, partitionOf } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { wrappedStore } from '../../core/test/fixtures/wrapped-store.ts'
import { SharedLog } from '../src/running/shared-log.ts'
import { append, Balances, balances, deposits, eventually, Log, Running, unreachable } from './fixtures.ts'

const running = new Running()

afterEach(() => running.stopAll())

const PARTITIONS = 4
/** So many events are read at a time. */
const BATCH = 8
const ACCOUNTS = Array.from({ length: 40 }, (_, index) => `DE${index}`)

describe('partitions of one process', () => {
  test('read each event once for all of them', async () => {
    const { store, position, open } = await filled()
    const { projections, projection } = await start(store)
    await projections.waitFor(projection, position)
    const last = await append(store, 'DE1', ...deposits(1))
    await projections.waitFor(projection, last)
    expect(open.events).toBe(last)
  })

  test('go on beside one that is held up', async () => {
    const { store, position } = await filled()
    const stuck = partitionOf({ aggregateType: 'Account', aggregateId: 'DE0' }, PARTITIONS)
    const log = new Log()
    let fails = true
    const before = ({ aggregateId }: { readonly aggregateId: string }) => {
      if (fails && aggregateId === 'DE0') throw new Error('not now')
    }
    const { projections, projection } = await start(store, { log, before })
    await eventually(async () => {
      const [status] = await projections.status()
      return status?.partitions.every((one) => one.partition === stuck || one.position === position) ?? false
    })
    fails = false
    await projections.waitFor(projection, position)
    expect(log.of('retrying')).not.toHaveLength(0)
  })

  test('write so many events at a time as they are told, however many are of one of them', async () => {
    const store = new InMemoryStore()
    const position = await append(store, 'DE1', ...deposits(35))
    const log = new Log()
    const { projections, projection } = await start(store, { log })
    await projections.waitFor(projection, position)
    expect(log.of('projected').map(({ events, position: at }) => [events, at])).toEqual([
      [10, 10],
      [10, 20],
      [10, 30],
      [5, 35],
    ])
  })

  test('that stand at different places meet', async () => {
    const { store, position, open } = await filled()
    const readSide = new InMemoryProjectionStore(new Balances())
    const projection = balances({ partitions: PARTITIONS })
    await readSide.prepare(
      projection,
      Array.from({ length: PARTITIONS }, () => 0),
      projection,
    )
    const [ahead] = await readSide.claim('earlier', [projection], 60_000)
    if (ahead === undefined) throw new Error('nothing was claimed')
    await readSide.commit(ahead, 150, async () => undefined)
    await readSide.leave('earlier')
    const projections = await running.start(store, readSide, [projection], { batchSize: 10 })
    await projections.waitFor(projection, position)
    const before = open.events
    const last = await append(store, 'DE1', ...deposits(1))
    await projections.waitFor(projection, last)
    expect(open.events - before).toBe(1)
    await eventually(() => open.waiting === 1)
  })

  test('wait together for more, also when all of them leave and come back', async () => {
    const { log, open } = sharedLog(new InMemoryStore())
    let readings: Promise<void>[] = []
    for (let round = 0; round < 30; round++) {
      const leaving = new AbortController()
      const options = { after: 0, signal: leaving.signal }
      readings = [read(log, 0, options), read(log, 1, options)]
      for (let turn = 0; turn < 3; turn++) await nextTurn()
      await eventually(() => open.waiting === 1)
      readings.push(read(log, 2, options))
      await nextTurn()
      await eventually(() => open.waiting === 1)
      leaving.abort()
      // The next ones come while the last ones leave, a little later in each round.
      for (let step = 0; step < round; step++) await Promise.resolve()
    }
    await Promise.all(readings)
    await eventually(() => open.waiting === 0)
  })

  test('that have fallen far back read by themselves, since little is kept for them', async () => {
    const { store, position } = await filled()
    const { log, open } = sharedLog(store)
    const leaving = new AbortController()
    const { signal } = leaving
    const back = log.batches(1, { after: 0, signal, onRetry: () => undefined })
    await back.next()
    const readings = [read(log, 0, { after: position, signal }), read(log, 2, { after: BATCH, signal })]
    await eventually(() => open.events === position)
    await nextTurn()
    expect(open.waiting).toBe(1)
    for (let after = BATCH; after < position; after += BATCH) await back.next()
    // All but the last few batches.
    expect(open.events).toBeGreaterThan(1.5 * position)
    leaving.abort()
    await Promise.all(readings)
  })

  test('keep few reads open, however often one of them leaves and comes back elsewhere', async () => {
    const { store, position } = await filled()
    const { log, open } = sharedLog(store)
    const staying = new AbortController()
    const stuck = log.batches(0, { after: 0, signal: staying.signal, onRetry: () => undefined })
    await stuck.next()
    for (let after = 1; after < position - BATCH; after += BATCH + 1) {
      const leaving = new AbortController()
      const other = log.batches(1, { after, signal: leaving.signal, onRetry: () => undefined })
      await other.next()
      await other.return()
    }
    expect(open.reading).toBeLessThanOrEqual(PARTITIONS)
    await stuck.return()
    await eventually(() => open.reading === 0)
  })

  test('know that nothing is left, also one that joins later', async () => {
    const { log } = sharedLog(new InMemoryStore())
    const signal = new AbortController()
    const options = { after: 0, signal: signal.signal, onRetry: () => undefined }
    const first = log.batches(0, options)
    expect(await first.next()).toEqual({ done: false, value: { events: [], position: 0, head: 0 } })
    const waiting = first.next()
    const second = log.batches(1, options)
    expect(await second.next()).toEqual({ done: false, value: { events: [], position: 0, head: 0 } })
    signal.abort()
    expect(await waiting).toEqual({ done: true })
  })
})

test('every partition gets its own events, each once and in order, however they stop, begin again, lag and fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(39), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.nat(2), { minLength: 1, maxLength: 30 }),
      fc.array(fc.boolean(), { maxLength: 10 }),
      async (accounts, transactionSize, pauses, failures) => {
        const store = new InMemoryStore()
        for (const account of accounts.slice(0, 30)) await append(store, `DE${account}`, ...deposits(1))
        const { log, open } = sharedLog(failing(store, failures), transactionSize)
        const reading = Array.from({ length: PARTITIONS }, (_, partition) =>
          readAll(log, partition, accounts.length, pauses),
        )
        for (const account of accounts.slice(30)) await append(store, `DE${account}`, ...deposits(1))
        const read = await Promise.all(reading)
        for (const [partition, positions] of read.entries()) {
          const own = accounts.flatMap((account, index) =>
            partitionOf({ aggregateType: 'Account', aggregateId: `DE${account}` }, PARTITIONS) === partition
              ? [index + 1]
              : [],
          )
          expect(positions).toEqual(own)
        }
        // Whoever has read all has let go of all.
        await eventually(() => open.reading + open.waiting === 0)
      },
    ),
    { numRuns: 100 },
  )
})

/** Reads up to a position, beginning anew after some of the batches, and pausing after others. */
async function readAll(
  log: SharedLog,
  partition: number,
  head: number,
  pauses: readonly number[],
): Promise<readonly number[]> {
  const positions: number[] = []
  let turn = partition
  let after = 0
  while (after < head) {
    const stopping = new AbortController()
    const options = { after, signal: stopping.signal, onRetry: () => undefined }
    for await (const { events, position } of log.batches(partition, options)) {
      positions.push(...events.map((event) => event.position))
      after = position
      if (after >= head) break
      const what = pauses[turn++ % pauses.length]
      if (what === 1) stopping.abort()
      else if (what === 2) await nextTurn()
    }
  }
  return positions
}

/** Resolves when what was due is done. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Takes batches until it is to leave. */
async function read(
  log: SharedLog,
  partition: number,
  options: { readonly after: number; readonly signal: AbortSignal },
): Promise<void> {
  for await (const _ of log.batches(partition, { ...options, onRetry: () => undefined }));
}

function sharedLog(store: EventStore, transactionSize = BATCH / PARTITIONS) {
  const { counting, open } = counted(store)
  return { log: new SharedLog(counting, balances({ partitions: PARTITIONS }), transactionSize), open }
}

/** A store, and what goes on in it: reads of its log that are open, events that they yielded, and who waits for more. */
function counted(store: EventStore) {
  const open = { reading: 0, events: 0, waiting: 0 }
  const counting = wrappedStore(store, {
    async *readAll(options) {
      open.reading += 1
      try {
        for await (const event of store.readAll(options)) {
          open.events += 1
          yield event
        }
      } finally {
        open.reading -= 1
      }
    },
    async waitForAppend(after, signal) {
      open.waiting += 1
      try {
        await store.waitForAppend?.(after, signal)
      } catch (error) {
        // It takes its time to be given up.
        await nextTurn()
        throw error
      } finally {
        open.waiting -= 1
      }
    },
  })
  return { counting, open }
}

/** A store that cannot be reached now and then. */
function failing(store: InMemoryStore, failures: readonly boolean[]): EventStore {
  const left = [...failures]
  return wrappedStore(store, {
    head: () => (left.shift() === true ? Promise.reject(unreachable()) : store.head()),
    waitForAppend: store.waitForAppend.bind(store),
  })
}

async function start(
  store: EventStore,
  { log, before }: { log?: Log; before?: (event: { readonly aggregateId: string }) => void } = {},
) {
  const projection = balances({
    partitions: PARTITIONS,
    onFailure: { retries: 1_000 },
    ...(before && { before }),
  })
  const readSide = Object.assign(new InMemoryProjectionStore(new Balances()), { undoes: true })
  const projections = await running.start(store, readSide, [projection], {
    batchSize: 10,
    ...(log && { onHappening: log.add }),
  })
  return { projections, projection }
}

/** A store with 200 events of 40 accounts, and how many of them were read from the log. */
async function filled() {
  const memory = new InMemoryStore()
  for (let round = 0; round < 5; round++) for (const id of ACCOUNTS) await append(memory, id, ...deposits(1))
  const { counting: store, open } = counted(memory)
  return { store, position: 200, open }
}

import { afterEach, describe, expect, jest, test } from '@jest/globals'
import {
  type DomainEvent,
  defineEvents,
  event,
  type EventStore,
  type NewEvent,
  subscribe,
} from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { accountEvents } from './fixtures/account.ts'
import { allEvents, wrappedStore } from './fixtures/wrapped-store.ts'

const otherEvents = defineEvents('https://example.com/other', { Deposited: event<{ cents: number }>() })

afterEach(() => {
  jest.useRealTimers()
})

describe('a subscription', () => {
  test('yields what is stored, and then what arrives, in order', async () => {
    const store = await storeOf(3)
    const seen: number[] = []
    for await (const { position } of subscribe(store)) {
      seen.push(position)
      if (position === 3) void deposit(store, 2)
      if (position === 5) break
    }
    expect(seen).toEqual([1, 2, 3, 4, 5])
  })

  test('begins after the position that it is given', async () => {
    expect(await firstOf(subscribe(await storeOf(5), { after: 3 }), 2)).toMatchObject([
      { position: 4 },
      { position: 5 },
    ])
  })

  test('decodes the events of its namespaces, and passes over all others', async () => {
    const events = defineEvents('https://example.com/account', {
      Deposited: {
        version: 2,
        encode: (data: bigint) => String(data),
        decode: (json) => BigInt(json as string),
      },
    })
    const store = new InMemoryStore()
    const stored = (type: string, data: unknown, source: string = events.source): NewEvent => ({
      source,
      type,
      version: 2,
      data,
    })
    await append(store, [
      stored('Closed', {}),
      stored('Deposited', '5'),
      stored('Deposited', '6', 'https://example.com/other'),
      stored('Deposited', '7'),
    ])
    const amounts = (await firstOf(subscribe(store, { events }), 2)).map(({ data }) => data)
    expect(amounts).toEqual([5n, 7n])
  })

  test('of several namespaces tells them apart by their source', async () => {
    const store = new InMemoryStore()
    await append(store, [accountEvents.Deposited({ cents: 1 }), otherEvents.Deposited({ cents: 2 })])
    expect(await firstOf(subscribe(store, { events: [accountEvents, otherEvents] }), 2)).toMatchObject([
      { source: accountEvents.source },
      { source: otherEvents.source },
    ])
  })

  test('yields what matches a filter as it is stored', async () => {
    const store = new InMemoryStore()
    const unknown = { source: 'https://example.com/unknown', type: 'Lost', version: 7, data: { n: 1 } }
    await append(store, [accountEvents.Closed(), unknown])
    expect(await firstOf(subscribe(store, { filter: [{ types: ['Lost'] }] }), 1)).toMatchObject([unknown])
  })

  test('begins anew with each iteration', async () => {
    const subscription = subscribe(await storeOf(2))
    expect(await firstOf(subscription, 2)).toEqual(await firstOf(subscription, 2))
  })

  test('delivers the same event to none of two readers twice', async () => {
    const store = await storeOf(10)
    const both = await Promise.all([firstOf(subscribe(store), 10), firstOf(subscribe(store), 10)])
    expect(both).toEqual([await allEvents(store), await allEvents(store)])
  })
})

describe('in batches', () => {
  test('it yields so many events at most, and where to go on', async () => {
    const batches = await firstOf(subscribe(await storeOf(5), { batchSize: 2 }).batches(), 3)
    expect(batches.map(({ events, position }) => [events.map((one) => one.position), position])).toEqual([
      [[1, 2], 2],
      [[3, 4], 4],
      [[5], 5],
    ])
  })

  test('it tells how far it has got when nothing matches', async () => {
    const store = await storeOf(3)
    const batches: unknown[] = []
    for await (const batch of subscribe(store, { events: otherEvents }).batches()) {
      batches.push(batch)
      if (batches.length === 2) break
      void deposit(store, 1)
    }
    expect(batches).toEqual([
      { events: [], position: 3, head: 3 },
      { events: [], position: 4, head: 4 },
    ])
  })

  test('it keeps what it has read where a store fails in the middle of each', async () => {
    const store = await storeOf(10)
    const cutting = wrappedStore(store, {
      async *readAll(options) {
        let count = 0
        for await (const event of store.readAll(options)) {
          if (count++ === 4) throw unreachable()
          yield event
        }
      },
    })
    const seen: number[] = []
    for await (const { events, position } of subscribe(cutting, { batchSize: 100 }).batches()) {
      seen.push(...events.map((event) => event.position))
      if (position === 10) break
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('it tells at the beginning, and after a failure, that nothing is left', async () => {
    const store = await storeOf(3)
    const answers: (() => Promise<number>)[] = [() => Promise.reject(unreachable()), () => Promise.resolve(3)]
    const failing = wrappedStore(store, {
      waitForAppend: store.waitForAppend.bind(store),
      head: () => (answers.shift() ?? (() => store.head()))(),
    })
    const batches = subscribe(failing, { after: 3 }).batches()[Symbol.asyncIterator]()
    const nothing = { done: false, value: { events: [], position: 3, head: 3 } }
    expect(await batches.next()).toEqual(nothing)
    answers.push(() => Promise.reject(unreachable()))
    const next = batches.next()
    await deposit(store, 1)
    expect(await next).toMatchObject({ value: { position: 4, head: 4 } })
    await batches.return?.()
  })

  test('it goes on from the head behind the last event that matches', async () => {
    const store = new InMemoryStore()
    await append(store, [accountEvents.Closed(), otherEvents.Deposited({ cents: 1 })])
    const [batch] = await firstOf(subscribe(store, { events: accountEvents }).batches(), 1)
    expect(batch).toMatchObject({ events: [{ position: 1 }], position: 2 })
  })
})

describe('the consumer', () => {
  test('is not overrun: events are read when they are asked for', async () => {
    let read = 0
    const stored = await storeOf(100)
    const store = wrappedStore(stored, {
      async *readAll(options) {
        for await (const event of stored.readAll(options)) {
          read += 1
          yield event
        }
      },
    })
    for await (const { events } of subscribe(store, { batchSize: 10 }).batches()) {
      // One more has shown that the batch is full.
      expect(read).toBeLessThanOrEqual((events.at(-1)?.position ?? 0) + 1)
      if (events.at(-1)?.position === 50) break
    }
  })

  test('releases the read when it leaves', async () => {
    let released = false
    const stored = await storeOf(10)
    const store = wrappedStore(stored, {
      async *readAll(options) {
        try {
          yield* stored.readAll(options)
        } finally {
          released = true
        }
      },
    })
    await firstOf(subscribe(store, { batchSize: 1 }), 2)
    expect(released).toBe(true)
  })

  test('that fails is not taken for a store that fails', async () => {
    const failing = async () => {
      for await (const _ of subscribe(await storeOf(1))) throw eventmillError('STORE_UNREACHABLE', 'mine', {})
    }
    await expect(failing()).rejects.toThrow('mine')
  })
})

describe('an abort', () => {
  test('before the start leaves it empty', async () => {
    const aborted = subscribe(await storeOf(3), { signal: AbortSignal.abort() })
    expect(await Array.fromAsync(aborted)).toEqual([])
  })

  test('ends the wait for more', async () => {
    const controller = new AbortController()
    const seen: DomainEvent[] = []
    for await (const event of subscribe(await storeOf(2), { signal: controller.signal })) {
      seen.push(event)
      if (seen.length === 2) {
        setImmediate(() => {
          controller.abort()
        })
      }
    }
    expect(seen).toHaveLength(2)
  })

  test('in the middle of a batch ends it there', async () => {
    const controller = new AbortController()
    const seen: DomainEvent[] = []
    for await (const event of subscribe(await storeOf(5), { signal: controller.signal })) {
      seen.push(event)
      if (seen.length === 2) controller.abort()
    }
    expect(seen).toHaveLength(2)
  })

  test('between batches ends it there', async () => {
    const controller = new AbortController()
    const positions: number[] = []
    const subscription = subscribe(await storeOf(5), { batchSize: 2, signal: controller.signal })
    for await (const { position } of subscription.batches()) {
      positions.push(position)
      controller.abort()
    }
    expect(positions).toEqual([2])
  })

  test('does not wait for a store that gives no answer', async () => {
    const controller = new AbortController()
    const store = wrappedStore(await storeOf(1), { head: () => new Promise(() => undefined) })
    const collected = Array.fromAsync(subscribe(store, { signal: controller.signal }))
    controller.abort()
    expect(await collected).toEqual([])
  })

  test('ends the pause before the next try', async () => {
    const controller = new AbortController()
    const store = wrappedStore(await storeOf(1), { head: () => Promise.reject(unreachable()) })
    let failures = 0
    const subscription = subscribe(store, {
      signal: controller.signal,
      onRetry: () => {
        failures += 1
        if (failures === 3) controller.abort()
      },
    })
    expect(await Array.fromAsync(subscription)).toEqual([])
  })
})

describe('a failure', () => {
  test('that passes by itself is told, and then it goes on', async () => {
    const told: unknown[] = []
    let left = 2
    const stored = await storeOf(2)
    const store = wrappedStore(stored, {
      head: () => (left-- > 0 ? Promise.reject(unreachable()) : stored.head()),
    })
    await firstOf(subscribe(store, { onRetry: (error) => told.push(error) }), 2)
    expect(told).toEqual([unreachable(), unreachable()])
  })

  test('of who is told of it ends the subscription', async () => {
    const store = wrappedStore(await storeOf(1), { head: () => Promise.reject(unreachable()) })
    const onRetry = () => {
      throw new Error('enough')
    }
    await expect(firstOf(subscribe(store, { onRetry }), 1)).rejects.toThrow('enough')
  })

  test('for good ends it with its error', async () => {
    const store = await storeOf(1)
    await store.close()
    await expect(firstOf(subscribe(store), 1)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  test('to decode an event comes after the events before it', async () => {
    const store = await storeOf(2)
    await append(store, [{ ...accountEvents.Deposited({ cents: 1 }), version: 2 }])
    const seen: number[] = []
    const read = async () => {
      for await (const { position } of subscribe(store, { events: accountEvents })) seen.push(position)
    }
    await expect(read()).rejects.toMatchObject({ code: 'EVENT_UNREADABLE', position: 3 })
    expect(seen).toEqual([1, 2])
  })

  test('of the first event to be decoded leaves no empty batch before it', async () => {
    const store = new InMemoryStore()
    await append(store, [{ ...accountEvents.Closed(), version: 2 }])
    const batches = subscribe(store, { events: accountEvents }).batches()
    await expect(firstOf(batches, 1)).rejects.toMatchObject({ code: 'EVENT_UNREADABLE' })
  })

  test.each([0, 2])('is a store that ends at %d before a reader that has seen 3', async (events) => {
    const ahead = subscribe(await storeOf(events), { after: 3 })
    await expect(firstOf(ahead, 1)).rejects.toMatchObject({
      code: 'CHECKPOINT_AHEAD',
      after: 3,
      head: events,
    })
  })

  test('is a store that loses its last events under a reader', async () => {
    let store = await storeOf(3)
    const shorter = await storeOf(2)
    const failing = wrappedStore(store, { head: () => store.head() })
    const read = async () => {
      for await (const { position } of subscribe(failing)) if (position === 3) store = shorter
    }
    await expect(read()).rejects.toMatchObject({ code: 'CHECKPOINT_AHEAD', after: 3, head: 2 })
  })
})

test('every event that matches is delivered once, in order, whatever fails beside it', async () => {
  const events = fc.array(fc.constantFrom('Deposited', 'Closed', 'Opened'), { maxLength: 4 })
  const given = fc.record({
    appends: fc.array(events, { maxLength: 8 }),
    /** After so many events a read breaks off. */
    faults: fc.array(fc.nat({ max: 5 }), { maxLength: 4 }),
    types: fc.subarray(['Deposited', 'Closed', 'Opened']),
    batchSize: fc.integer({ min: 1, max: 4 }),
    push: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(given, async ({ appends, faults, types, batchSize, push }) => {
      const stored = new InMemoryStore()
      const store = unreliable(stored, [...faults], push)
      const controller = new AbortController()
      const seen: DomainEvent[] = []
      const expected = appends.flat()
      let reached = 0
      let appending = true
      const endIfDone = () => {
        if (!appending && reached === expected.length) controller.abort()
      }
      const reading = (async () => {
        const options = { filter: [{ types }], batchSize, signal: controller.signal }
        for await (const { events, position } of subscribe(store, options).batches()) {
          seen.push(...events)
          reached = position
          endIfDone()
        }
      })()
      for (const events of appends) {
        await append(
          stored,
          events.map((type) => ({ ...accountEvents.Closed(), type })),
        )
      }
      appending = false
      endIfDone()
      await reading
      const matching = (await allEvents(stored)).filter(({ type }) => types.includes(type))
      expect(seen).toEqual(matching)
      expect(reached).toBe(expected.length)
    }),
    { numRuns: 50 },
  )
})

describe('a store that cannot push', () => {
  test('is asked again, soon at first, and then less than once a second', async () => {
    jest.useFakeTimers()
    let asked = 0
    const stored = await storeOf(1)
    const store = wrappedStore(stored, {
      capabilities: { ...stored.capabilities, push: false },
      head: () => {
        asked += 1
        return stored.head()
      },
    })
    const controller = new AbortController()
    const reading = Array.fromAsync(subscribe(store, { signal: controller.signal }))
    await jest.advanceTimersByTimeAsync(100)
    expect(asked).toBeGreaterThan(4)
    asked = 0
    await jest.advanceTimersByTimeAsync(60_000)
    expect(asked).toBeGreaterThan(30)
    expect(asked).toBeLessThan(60)
    controller.abort()
    await reading
  })
})

test('a store that tells again and again of what is not to be read yet is not asked without a pause', async () => {
  jest.useFakeTimers()
  let asked = 0
  const stored = await storeOf(1)
  const store = wrappedStore(stored, {
    head: () => {
      asked += 1
      return stored.head()
    },
    waitForAppend: () => Promise.resolve(),
  })
  const controller = new AbortController()
  const reading = Array.fromAsync(subscribe(store, { signal: controller.signal }))
  await jest.advanceTimersByTimeAsync(10_000)
  expect(asked).toBeGreaterThan(50)
  expect(asked).toBeLessThan(1_000)
  controller.abort()
  await reading
})

test.each([
  ['options.after', { after: -1 }],
  ['options.batchSize', { batchSize: 0 }],
  ['options.signal', { signal: {} }],
  ['options.onRetry', { onRetry: 'log' }],
  ['options.filter', { filter: {} }],
  ['options', { events: accountEvents, filter: [] }],
  ['options.from', { from: 5 }],
])('%s of the wrong form is refused at once', (argument, options) => {
  expect(() => subscribe(new InMemoryStore(), options as object)).toThrow(
    expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }),
  )
})

test('a namespace given twice is refused at once', () => {
  const twice = () => subscribe(new InMemoryStore(), { events: [accountEvents, accountEvents] })
  expect(twice).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
})

/** A store with so many deposits. */
async function storeOf(events: number): Promise<InMemoryStore> {
  const store = new InMemoryStore()
  await deposit(store, events)
  return store
}

async function deposit(store: EventStore, times: number): Promise<void> {
  await append(
    store,
    Array.from({ length: times }, () => accountEvents.Deposited({ cents: 5 })),
  )
}

async function append(store: EventStore, events: readonly NewEvent[]): Promise<void> {
  const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
  await store.append([{ stream, expected: 'any', events }])
}

async function firstOf<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const first: Item[] = []
  for await (const item of items) if (first.push(item) === count) break
  return first
}

/** A store whose reads break off after so many events, one after the other, until none is left. */
function unreliable(store: InMemoryStore, faults: number[], push: boolean): EventStore {
  return wrappedStore(store, {
    capabilities: { ...store.capabilities, push },
    head: () => (faults.length % 3 === 2 ? fail(faults) : store.head()),
    async *readAll(options) {
      let left = faults.shift() ?? Infinity
      for await (const event of store.readAll(options)) {
        if (left-- === 0) throw unreachable()
        yield event
      }
    },
    ...(push && { waitForAppend: (after, signal) => store.waitForAppend(after, signal) }),
  })
}

function fail(faults: number[]): Promise<never> {
  faults.shift()
  return Promise.reject(unreachable())
}

function unreachable(): Error {
  return eventmillError('STORE_UNREACHABLE', 'the store cannot be reached', {})
}

import { describe, expect, jest, test } from '@jest/globals'
import {
  Core,
  defineAggregate,
  defineEvents,
  event,
  type EventStore,
  type SnapshotRules,
  type SnapshotStore,
  type StateCodec,
} from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'
import { InMemorySnapshotStore, InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { wrappedStore } from './fixtures/wrapped-store.ts'

const events = defineEvents('https://example.com/tally', {
  Counted: event<{ by: number }>(),
  Cleared: event(),
})

interface Tally {
  readonly sum: number
  readonly seen: readonly number[]
}

/** A tally whose snapshots are made by these rules; of version 2 are those whose sum counts double. */
function tally(snapshots: SnapshotRules<Tally> | undefined) {
  const factor = snapshots?.version === 2 ? 2 : 1
  return defineAggregate({
    type: 'Tally',
    events,
    initialize: (_id: string): Tally => ({ sum: 0, seen: [] }),
    apply: {
      Counted: ({ sum, seen }, { data }) => ({ sum: sum + data.by * factor, seen: [...seen, data.by] }),
      Cleared: () => ({ sum: 0, seen: [] }),
    },
    handle: {
      Count: (_tally, by: number) => events.Counted({ by }),
      CountEach: (_tally, numbers: readonly number[]) => numbers.map((by) => events.Counted({ by })),
      Clear: ({ sum }) => (sum === 0 ? [] : events.Cleared()),
    },
    ...(snapshots !== undefined && { snapshots }),
  })
}

/** Snapshots whose loads and saves can be waited for and counted. */
function watched(store: SnapshotStore = new InMemorySnapshotStore()) {
  const saves: Promise<void>[] = []
  const counts = { load: 0, save: 0, delete: 0 }
  const counted: SnapshotStore = {
    load: (...args) => {
      counts.load += 1
      return store.load(...args)
    },
    save: (...args) => {
      counts.save += 1
      const saved = store.save(...args)
      saves.push(saved)
      return saved
    },
    delete: (...args) => {
      counts.delete += 1
      return store.delete(...args)
    },
  }
  return { store: counted, counts, saved: () => Promise.allSettled(saves) }
}

/** Counts the events that are read. */
function reading(store: EventStore) {
  const read = { events: 0 }
  const counted = wrappedStore(store, {
    async *readStream(...args) {
      for await (const stored of store.readStream(...args)) {
        read.events += 1
        yield stored
      }
    },
  })
  return { store: counted, read }
}

const stream = { aggregateType: 'Tally', aggregateId: 'a' }

describe('snapshots', () => {
  test('are made whenever so many further events are there, and spare the reading of those before', async () => {
    const { store, read } = reading(new InMemoryStore())
    const snapshots = watched()
    const Tally = tally({ every: 10 })
    const core = new Core(store, { snapshots: { store: snapshots.store } })
    for (let n = 0; n < 35; n++) {
      await core.dispatchCommand(Tally.commands.Count('a', 1))
      await snapshots.saved()
    }
    expect(snapshots.counts).toEqual({ load: 35, save: 3, delete: 0 })
    expect(await snapshots.store.load(stream, 1)).toMatchObject({ version: 1, generation: 30 })
    read.events = 0
    const { generation, state } = await new Core(store, { snapshots: { store: snapshots.store } }).load(
      Tally,
      'a',
    )
    expect([generation, state.sum]).toEqual([35, 35])
    // That of the snapshot is read as well, to see that it is still there.
    expect(read.events).toBe(6)
  })

  test('are made by a load that had many events to read', async () => {
    const store = new InMemoryStore()
    await new Core(store).dispatchCommand(
      tally(undefined).commands.CountEach(
        'a',
        Array.from({ length: 25 }, () => 1),
      ),
    )
    const snapshots = watched()
    const core = new Core(store, { snapshots: { store: snapshots.store } })
    await core.load(tally({ every: 10 }), 'a')
    await snapshots.saved()
    expect(await snapshots.store.load(stream, 1)).toMatchObject({ generation: 25 })
  })

  test('serve the past that is not before them', async () => {
    const { store, read } = reading(new InMemoryStore())
    const snapshots = watched()
    const Tally = tally({ every: 10 })
    const core = new Core(store, { snapshots: { store: snapshots.store } })
    await core.dispatchCommand(
      Tally.commands.CountEach(
        'a',
        Array.from({ length: 10 }, () => 1),
      ),
    )
    await core.dispatchCommand(Tally.commands.Count('a', 5))
    await snapshots.saved()
    read.events = 0
    expect((await core.load(Tally, 'a', { generation: 10 })).state.sum).toBe(10)
    expect(read.events).toBe(1)
    expect((await core.load(Tally, 'a', { generation: 9 })).state.sum).toBe(9)
    expect((await core.load(Tally, 'a', { time: new Date() })).state.sum).toBe(15)
    expect(read.events).toBe(1 + 9 + 11)
    expect(snapshots.counts.delete).toBe(0)
  })

  test('of another version are not used, and stay for those who use them', async () => {
    const store = new InMemoryStore()
    const snapshots = watched()
    const core = new Core(store, { snapshots: { store: snapshots.store } })
    const [before, after] = [tally({ every: 2 }), tally({ every: 2, version: 2 })]
    await core.dispatchCommand(before.commands.CountEach('a', [1, 2]))
    await snapshots.saved()
    expect((await core.load(after, 'a')).state.sum).toBe(6)
    await snapshots.saved()
    expect((await core.load(before, 'a')).state.sum).toBe(3)
    expect([await snapshots.store.load(stream, 1), await snapshots.store.load(stream, 2)]).toMatchObject([
      { state: { sum: 3 } },
      { state: { sum: 6 } },
    ])
  })

  test('of events that the store has lost are not used, and forgotten', async () => {
    const snapshots = watched()
    const Tally = tally({ every: 2 })
    const lost = new Core(new InMemoryStore(), { snapshots: { store: snapshots.store } })
    await lost.dispatchCommand(Tally.commands.CountEach('a', [1, 2, 3, 4]))
    await snapshots.saved()
    const store = new InMemoryStore()
    const core = new Core(store, { snapshots: { store: snapshots.store } })
    expect((await core.load(Tally, 'a')).generation).toBe(0)
    expect(snapshots.counts.delete).toBe(1)
    // As many others in their place are not mistaken for them.
    await lost.dispatchCommand(Tally.commands.CountEach('a', [5, 6]))
    await snapshots.saved()
    await new Core(store).dispatchCommand(Tally.commands.CountEach('a', [7, 7, 7, 7, 7, 7]))
    expect((await core.load(Tally, 'a')).state.sum).toBe(42)
  })

  test('give back states that are frozen', async () => {
    const store = new InMemoryStore()
    const snapshots = watched()
    const codec: StateCodec<Tally> = {
      encode: (state) => state,
      decode: (json: Tally) => ({ ...json, seen: [...json.seen] }),
    }
    const Tally = tally({ every: 1, codec })
    await new Core(store, { snapshots: { store: snapshots.store } }).dispatchCommand(
      Tally.commands.Count('a', 1),
    )
    await snapshots.saved()
    const { state } = await new Core(store, { snapshots: { store: snapshots.store } }).load(Tally, 'a')
    expect(Object.isFrozen(state.seen)).toBe(true)
  })

  test('hold nothing that a handler has changed', async () => {
    const Due = defineAggregate({
      type: 'Tally',
      events,
      initialize: (_id: string) => new Date(0),
      apply: { Counted: (due, { data }) => new Date(due.getTime() + data.by), Cleared: (due) => due },
      handle: {
        Count: (due, by: number) => {
          due.setTime(due.getTime() + 1_000)
          return events.Counted({ by })
        },
      },
      snapshots: {
        every: 1,
        codec: { encode: (due) => due.getTime(), decode: (json: number) => new Date(json) },
      },
    })
    const snapshots = watched()
    const core = new Core(new InMemoryStore(), { snapshots: { store: snapshots.store } })
    for (let times = 0; times < 3; times++) {
      await core.dispatchCommand(Due.commands.Count('a', 1))
      await snapshots.saved()
    }
    expect((await core.load(Due, 'a')).state).toEqual(new Date(3))
    expect(snapshots.counts.save).toBeGreaterThan(0)
  })

  test('are saved one at a time for an aggregate, and a hundred at a time in all', async () => {
    const saved: string[] = []
    const { promise: never } = Promise.withResolvers<undefined>()
    const slow: SnapshotStore = {
      load: () => Promise.resolve(undefined),
      save: async ({ aggregateId }) => {
        saved.push(aggregateId)
        await never
      },
      delete: () => Promise.resolve(),
    }
    const core = new Core(new InMemoryStore(), { snapshots: { store: slow } })
    const { Count } = tally({ every: 1 }).commands
    for (let n = 0; n < 3; n++) await core.dispatchCommand(Count('a', 1))
    expect(saved).toEqual(['a'])
    for (let n = 0; n < 200; n++) await core.dispatchCommand(Count(`${n}`, 1))
    expect(saved).toHaveLength(100)
  })

  test('are neither made nor looked for where the aggregate has no rules for them', async () => {
    const errors: unknown[] = []
    const snapshots = watched()
    const core = new Core(new InMemoryStore(), {
      snapshots: { store: snapshots.store, onError: (error) => errors.push(error) },
    })
    await core.dispatchCommand(tally(undefined).commands.Count('a', 1))
    await new Promise(setImmediate)
    expect(snapshots.counts).toEqual({ load: 0, save: 0, delete: 0 })
    expect(errors).toEqual([])
  })

  test('are looked for until the signal of the dispatch says otherwise', async () => {
    const { signal } = new AbortController()
    const signals: unknown[] = []
    const listening: SnapshotStore = {
      ...watched().store,
      load: (_stream, _version, options) => {
        signals.push(options?.signal)
        return Promise.resolve(undefined)
      },
    }
    const core = new Core(new InMemoryStore(), { snapshots: { store: listening } })
    await core.dispatchCommand(tally({ every: 1 }).commands.Count('a', 1), { signal })
    expect(signals).toEqual([signal])
  })

  test('that are being looked for when the dispatch is aborted end with its reason', async () => {
    const controller = new AbortController()
    const errors: unknown[] = []
    const aborting: SnapshotStore = {
      ...watched().store,
      load: () => {
        controller.abort(new Error('enough'))
        return Promise.reject(new Error('too late'))
      },
    }
    const core = new Core(new InMemoryStore(), {
      snapshots: { store: aborting, onError: (error) => errors.push(error) },
    })
    const dispatched = core.dispatchCommand(tally({ every: 1 }).commands.Count('a', 1), {
      signal: controller.signal,
    })
    await expect(dispatched).rejects.toThrow('enough')
    await new Promise(setImmediate)
    expect(errors).toEqual([])
  })

  test('of a store that was closed meanwhile are nobody’s error', async () => {
    const errors: unknown[] = []
    const closed: SnapshotStore = {
      ...watched().store,
      save: () => Promise.reject(eventmillError('STORE_CLOSED', 'closed', {})),
    }
    const core = new Core(new InMemoryStore(), {
      snapshots: { store: closed, onError: (error) => errors.push(error) },
    })
    await core.dispatchCommand(tally({ every: 1 }).commands.Count('a', 1))
    await new Promise(setImmediate)
    expect(errors).toEqual([])
  })

  test('are neither made nor read within a transaction, which may be rolled back, and hold the only connection', async () => {
    const store = new InMemoryStore()
    const provisional = {
      ...wrappedStore(store, {}),
      capabilities: { ...store.capabilities, provisional: true },
    }
    const snapshots = watched()
    const core = new Core(provisional, { snapshots: { store: snapshots.store } })
    await core.dispatchCommand(tally({ every: 1 }).commands.Count('a', 1))
    await snapshots.saved()
    expect(snapshots.counts).toEqual({ load: 0, save: 0, delete: 0 })
  })
})

describe('what fails with snapshots fails no dispatch, and is told', () => {
  const failing = (method: keyof SnapshotStore): SnapshotStore => {
    const store = new InMemorySnapshotStore()
    const fail = () => Promise.reject(new Error(`${method} fails`))
    return {
      load: method === 'load' ? fail : (...args) => store.load(...args),
      save: method === 'save' ? fail : (...args) => store.save(...args),
      delete: method === 'delete' ? fail : (...args) => store.delete(...args),
    }
  }

  test.each(['load', 'save'] as const)('%s', async (method) => {
    const errors: unknown[] = []
    const snapshots = watched(failing(method))
    const onError = (error: unknown, of: unknown) => errors.push(String(error), of)
    const core = new Core(new InMemoryStore(), { snapshots: { store: snapshots.store, onError } })
    expect((await core.dispatchCommand(tally({ every: 1 }).commands.Count('a', 1))).generation).toBe(1)
    await snapshots.saved()
    await new Promise(setImmediate)
    expect(errors).toEqual([`Error: ${method} fails`, stream])
  })

  test('on the console, where nobody else listens', async () => {
    const told = jest.spyOn(console, 'error').mockReturnValue()
    const snapshots = watched(failing('save'))
    const core = new Core(new InMemoryStore(), { snapshots: { store: snapshots.store } })
    await core.dispatchCommand(tally({ every: 1 }).commands.Count('a', 1))
    await snapshots.saved()
    await new Promise(setImmediate)
    expect(told.mock.calls).toEqual([[expect.any(String), stream, new Error('save fails')]])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('the listener fails')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the listener fails'))],
  ])('nor with a listener that %s', async (_, onError) => {
    for (const method of ['load', 'save'] as const) {
      const snapshots = watched(failing(method))
      const core = new Core(new InMemoryStore(), { snapshots: { store: snapshots.store, onError } })
      await core.dispatchCommand(tally({ every: 1 }).commands.Count('a', 1))
      await snapshots.saved()
      await new Promise(setImmediate)
    }
  })

  test('a snapshot that makes no sense is left aside, and one that cannot be deleted stays', async () => {
    const errors: unknown[] = []
    const store = new InMemoryStore()
    const nonsense = { version: 1, generation: 0, eventId: 'x', state: {} }
    const lost = { ...nonsense, generation: 1 }
    const others = { ...lost, version: 2 }
    for (const snapshot of [nonsense, lost, others]) {
      const snapshots: SnapshotStore = {
        load: () => Promise.resolve(snapshot),
        save: () => Promise.resolve(),
        delete: () => {
          throw new Error('deletes nothing')
        },
      }
      const core = new Core(store, {
        snapshots: { store: snapshots, onError: (error) => errors.push(String(error)) },
      })
      expect((await core.load(tally({ every: 100 }), 'a')).generation).toBe(0)
    }
    expect(errors).toEqual([expect.stringContaining('snapshot.generation'), 'Error: deletes nothing'])
  })

  test('a state that JSON cannot carry is refused with its path, once until the next snapshot is due', async () => {
    const errors: unknown[] = []
    const Dated = defineAggregate({
      type: 'Tally',
      events,
      initialize: (_id: string) => ({ on: { day: new Date(0) } }),
      apply: { Counted: (state) => state, Cleared: (state) => state },
      handle: { Count: () => events.Counted({ by: 1 }) },
      snapshots: { every: 2 },
    })
    const snapshots = watched()
    const onError = (error: unknown) => errors.push(error)
    const core = new Core(new InMemoryStore(), { snapshots: { store: snapshots.store, onError } })
    const loadTwice = async () => {
      await core.load(Dated, 'a')
      await core.load(Dated, 'a')
      await new Promise(setImmediate)
    }
    await core.dispatchCommand(Dated.commands.Count('a'))
    await core.dispatchCommand(Dated.commands.Count('a'))
    await loadTwice()
    expect(errors).toMatchObject([{ code: 'VALUE_NOT_JSON', path: 'state.on.day' }])
    await core.dispatchCommand(Dated.commands.Count('a'))
    await core.dispatchCommand(Dated.commands.Count('a'))
    await loadTwice()
    expect(errors).toHaveLength(2)
    expect(snapshots.counts.save).toBe(0)
  })

  test('a snapshot that the codec cannot read is left aside', async () => {
    const store = new InMemoryStore()
    const errors: unknown[] = []
    const codec: StateCodec<Tally> = {
      encode: ({ sum }) => sum,
      decode: () => {
        throw new Error('unreadable')
      },
    }
    const Tally = tally({ every: 1, codec })
    const snapshots = watched()
    const onError = (error: unknown) => errors.push(String(error))
    const core = new Core(store, { snapshots: { store: snapshots.store, onError } })
    await core.dispatchCommand(Tally.commands.Count('a', 4))
    await snapshots.saved()
    expect((await core.load(Tally, 'a')).state).toEqual({ sum: 4, seen: [4] })
    expect(errors).toEqual(['Error: unreadable'])
  })
})

describe('rules that are wrong are refused', () => {
  test.each([
    [{ every: 0 }, 'ARGUMENT_INVALID'],
    [{ every: 1, version: 0 }, 'ARGUMENT_INVALID'],
    [{ every: 1, often: true }, 'ARGUMENT_INVALID'],
    [{ every: 1, codec: {} }, 'DEFINITION_INVALID'],
  ])('%j', (rules, code) => {
    expect(() => tally(rules as never)).toThrow(expect.objectContaining({ code }))
  })

  test.each(['encode', 'decode'])('a codec without %s', (part) => {
    const codec = { encode: () => 0, decode: () => 0, [part]: undefined }
    expect(() => tally({ every: 1, codec } as never)).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', definition: 'Tally' }),
    )
  })

  test.each([
    [{}],
    [{ store: {} }],
    [{ store: new InMemorySnapshotStore(), onEror: () => undefined }],
    [{ store: new InMemorySnapshotStore(), onError: 'log' }],
  ])('options of Core: %j', (snapshots) => {
    expect(() => new Core(new InMemoryStore(), { snapshots: snapshots as never })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})

test('a snapshot changes no result, wherever it was made, with a cache and without', async () => {
  const numbers = fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }), { maxLength: 12 })
  const options = fc.record({ every: fc.integer({ min: 1, max: 6 }), version: fc.constantFrom(1, 2) })
  await fc.assert(
    fc.asyncProperty(
      numbers,
      fc.array(options, { minLength: 1, maxLength: 3 }),
      fc.nat(2),
      async (all, rules, cache) => {
        const store = new InMemoryStore()
        const snapshots = watched()
        const cores = rules.map(() => new Core(store, { cache, snapshots: { store: snapshots.store } }))
        for (const [index, by] of all.entries()) {
          const rule = rules[index % rules.length]
          const Tally = tally(rule)
          const core = cores[index % cores.length] ?? new Core(store)
          const command = by.length === 0 ? Tally.commands.Clear('a') : Tally.commands.CountEach('a', by)
          const result = await core.dispatchCommand(command)
          await snapshots.saved()
          const plain = tally(rule?.version === 2 ? { every: 1_000, version: 2 } : undefined)
          expect(result).toEqual(await new Core(store).load(plain, 'a'))
          for (const generation of [0, 1, result.generation - 1].filter(
            (past) => past >= 0 && past <= result.generation,
          )) {
            expect(await core.load(Tally, 'a', { generation })).toEqual(
              await new Core(store).load(plain, 'a', { generation }),
            )
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})

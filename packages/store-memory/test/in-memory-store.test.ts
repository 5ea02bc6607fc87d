import { beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  type DomainEvent,
  type ExpectedGeneration,
  type NewEvent,
  type ReadAllOptions,
  type StreamId,
} from '@eventmill/core'
import { eventMatcher, isExpected } from '@eventmill/core/adapter'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'

const source = 'https://example.com/account'
const deposited = (cents: number): NewEvent => ({ source, type: 'Deposited', version: 1, data: { cents } })
const account = (aggregateId: string): StreamId => ({ aggregateType: 'Account', aggregateId })
const a = account('A')
const b = account('B')

let store: InMemoryStore
beforeEach(() => {
  store = new InMemoryStore()
})

function all(events: AsyncIterable<DomainEvent>): Promise<DomainEvent[]> {
  return Array.fromAsync(events)
}

/** Brings a stream to a generation. */
async function grow(stream: StreamId, generation: number, on: InMemoryStore = store): Promise<void> {
  const events = Array.from({ length: generation }, (_, index) => deposited(index + 1))
  if (generation > 0) await on.append([{ stream, expected: 0, events }])
}

describe('append', () => {
  test('assigns place, id and time, and returns the events as they are read', async () => {
    let id = 0
    const clocked = new InMemoryStore({
      clock: () => Date.UTC(2026, 0, 31, 12),
      createId: (time) => `${time}-${++id}`,
    })
    await grow(a, 1, clocked)
    const metadata = { correlationId: 'k' }
    const { events, ...rest } = await clocked.append([
      { stream: b, expected: 0, events: [{ ...deposited(7), metadata }] },
      { stream: a, expected: 1, events: [deposited(8), deposited(9)] },
    ])
    const time = '2026-01-31T12:00:00.000Z'
    const stamp = Date.UTC(2026, 0, 31, 12)
    expect(rest).toEqual({ streams: [b, a], generations: [1, 3], repeated: false })
    expect(events).toEqual([
      { ...deposited(7), ...b, id: `${stamp}-2`, sequence: 1, position: 2, time, metadata },
      { ...deposited(8), ...a, id: `${stamp}-3`, sequence: 2, position: 3, time, metadata: {} },
      { ...deposited(9), ...a, id: `${stamp}-4`, sequence: 3, position: 4, time, metadata: {} },
    ])
    expect(await all(clocked.readAll({ after: 1 }))).toEqual(events)
    expect([
      ...(await all(clocked.readStream(b))),
      ...(await all(clocked.readStream(a, { after: 1 }))),
    ]).toEqual(events)
  })

  test('is one step, whatever the clock and the source of ids do meanwhile', async () => {
    const inner: Promise<unknown>[] = []
    let depth = 0
    const meddling: InMemoryStore = new InMemoryStore({
      createId: () => {
        if (depth++ === 0) inner.push(meddling.append([{ stream: a, expected: 0, events: [deposited(1)] }]))
        return `id-${depth}`
      },
    })
    const outer = meddling.append([{ stream: a, expected: 0, events: [deposited(2)] }])
    await expect(outer).rejects.toHaveProperty('code', 'GENERATION_CONFLICT')
    await Promise.all(inner)
    expect((await all(meddling.readAll())).map(({ sequence, position }) => [sequence, position])).toEqual([
      [1, 1],
    ])
  })

  test('leaves nothing behind when its clock or its source of ids fails', async () => {
    let left = 1
    const failing = new InMemoryStore({
      createId: () => {
        if (left-- > 0) return 'x'
        throw new Error('no more ids')
      },
    })
    const events = [deposited(1), deposited(2)]
    await expect(failing.append([{ stream: a, expected: 0, events }])).rejects.toThrow('no more ids')
    expect(await failing.head()).toBe(0)
    expect(await all(failing.readStream(a))).toEqual([])
  })

  test('is offered with capabilities, and options, that are what they are', () => {
    expect(() => Object.assign(store.capabilities, { push: false })).toThrow(TypeError)
    expect(() => new InMemoryStore({ clok: Date.now } as object)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'options.clok' }),
    )
  })

  const outcomes: [ExpectedGeneration, 'appends' | 'conflicts', 'appends' | 'conflicts'][] = [
    [0, 'appends', 'conflicts'],
    [3, 'conflicts', 'appends'],
    [2, 'conflicts', 'conflicts'],
    [4, 'conflicts', 'conflicts'],
    ['exists', 'conflicts', 'appends'],
    ['any', 'appends', 'appends'],
  ]
  for (const [expected, whenAbsent, atThree] of outcomes) {
    for (const [generation, outcome] of [
      [0, whenAbsent],
      [3, atThree],
    ] as const) {
      for (const events of [[deposited(1)], []]) {
        test(`of ${events.length} events expecting ${expected} at generation ${generation} ${outcome}`, async () => {
          await grow(a, generation)
          const appending = store.append([{ stream: a, expected, events }])
          if (outcome === 'appends') {
            expect(await appending).toHaveProperty('generations', [generation + events.length])
          } else {
            await expect(appending).rejects.toEqual(
              expect.objectContaining({
                code: 'GENERATION_CONFLICT',
                stream: a,
                expected,
                actual: generation,
              }),
            )
          }
          expect(await all(store.readStream(a))).toHaveLength(
            generation + (outcome === 'appends' ? events.length : 0),
          )
        })
      }
    }
  }

  test.each([2, 3, 8, 32])('of %j rivals with the same expectation lets one win', async (rivals) => {
    await grow(a, 3)
    const appends = Array.from({ length: rivals }, (_, rival) =>
      store.append([{ stream: a, expected: 3, events: [deposited(rival)] }]),
    )
    const statuses = (await Promise.allSettled(appends)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 'fulfilled')).toHaveLength(1)
    expect(await all(store.readStream(a))).toHaveLength(4)
  })

  test('that expects any generation never conflicts, however many race', async () => {
    await Promise.all(
      Array.from({ length: 100 }, () =>
        store.append([{ stream: a, expected: 'any', events: [deposited(1)] }]),
      ),
    )
    expect((await all(store.readStream(a))).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    )
  })

  test('over several streams changes none of them if one conflicts, and names that one', async () => {
    await grow(a, 1)
    const events = [deposited(1)]
    const appending = store.append([
      { stream: a, expected: 1, events },
      { stream: b, expected: 'exists', events },
      { stream: account('C'), expected: 7, events },
    ])
    await expect(appending).rejects.toEqual(
      expect.objectContaining({ stream: b, expected: 'exists', actual: 0 }),
    )
    expect(await store.head()).toBe(1)
    expect(await all(store.readStream(account('C')))).toEqual([])
  })

  test('may only check a stream beside others', async () => {
    await grow(a, 1)
    const { events, generations } = await store.append([
      { stream: a, expected: 1, events: [] },
      { stream: b, expected: 0, events: [deposited(1)] },
    ])
    expect(events).toHaveLength(1)
    expect(generations).toEqual([1, 1])
    await expect(
      store.append([
        { stream: a, expected: 2, events: [] },
        { stream: b, expected: 1, events: [deposited(1)] },
      ]),
    ).rejects.toHaveProperty('code', 'GENERATION_CONFLICT')
    expect(await store.head()).toBe(2)
  })

  test('that only checks an unknown stream does not create it', async () => {
    await store.append([{ stream: a, expected: 'any', events: [] }])
    await expect(store.append([{ stream: a, expected: 'exists', events: [] }])).rejects.toHaveProperty(
      'actual',
      0,
    )
  })

  test('refuses what the contract refuses, as a rejection', async () => {
    const twice = [
      { stream: a, expected: 0 as const, events: [] },
      { stream: a, expected: 0 as const, events: [] },
    ]
    await expect(store.append(twice)).rejects.toHaveProperty('code', 'STREAM_REPEATED')
    await expect(store.append([])).rejects.toHaveProperty('code', 'ARGUMENT_INVALID')
    await expect(
      store.append([{ stream: a, expected: 0, events: [deposited(1), deposited(NaN)] }]),
    ).rejects.toHaveProperty('path', 'appends[0].events[1].data.cents')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(
      store.append([{ stream: a, expected: 0, events: [deposited(1)] }], { signal }),
    ).rejects.toThrow('enough')
    expect(await store.head()).toBe(0)
  })

  test('that fails half way stores nothing', async () => {
    let ids = 0
    const failing = new InMemoryStore({
      createId: () => {
        if (++ids === 3) throw new Error('out of ids')
        return String(ids)
      },
    })
    const events = [deposited(1), deposited(2), deposited(3)]
    await expect(failing.append([{ stream: a, expected: 0, events }])).rejects.toThrow('out of ids')
    expect(await failing.head()).toBe(0)
    expect(await all(failing.readStream(a))).toEqual([])
    expect(await failing.append([{ stream: a, expected: 0, events }])).toHaveProperty('generations', [3])
  })
})

describe('what is stored', () => {
  test('cannot be changed by whoever wrote it', async () => {
    const data = { lines: [{ cents: 1 }] }
    const stream = { ...a }
    const events = [{ source, type: 'Ordered', version: 1, data }]
    const appending = store.append([{ stream, expected: 0, events }])
    data.lines.push({ cents: 2 })
    stream.aggregateId = 'changed'
    events.pop()
    await appending
    expect((await all(store.readStream(a)))[0]?.data).toEqual({ lines: [{ cents: 1 }] })
  })

  test('cannot be changed by whoever got or read it', async () => {
    const data = { lines: [{ cents: 1 }] }
    const appended = await store.append([{ stream: a, expected: 0, events: [{ ...deposited(1), data }] }])
    for (const event of [...appended.events, ...(await all(store.readAll()))]) {
      expect(() => Object.assign(event, { position: 9 })).toThrow(TypeError)
      expect(() => (event.data as typeof data).lines.push({ cents: 2 })).toThrow(TypeError)
      expect(() => Object.assign(event.metadata, { by: 'me' })).toThrow(TypeError)
    }
    expect(() => (appended.events as unknown[]).pop()).toThrow(TypeError)
    expect(() => Object.assign(appended, { generations: [99] })).toThrow(TypeError)
  })
})

describe('a commit id', () => {
  const commitId = 'c-1'
  const appends = [
    { stream: a, expected: 0 as const, events: [deposited(1), deposited(2)] },
    { stream: b, expected: 0 as const, events: [] },
  ]

  test('applies once, and then returns what it did, wherever the streams are now', async () => {
    const first = await store.append(appends, { commitId })
    await store.append([{ stream: a, expected: 2, events: [deposited(3)] }])
    await store.append([{ stream: b, expected: 0, events: [deposited(4)] }])
    expect(await store.append(appends, { commitId })).toEqual({ ...first, repeated: true })
    expect(await store.findCommit(a, commitId)).toEqual({ ...first, repeated: true })
    expect(first.generations).toEqual([2, 0])
    expect(await store.head()).toBe(4)
  })

  test('is the same whatever is expected and in whichever order keys stand', async () => {
    const event = { ...deposited(1), data: { x: 1, y: 2 }, metadata: { p: 1, q: 2 } }
    const again = { ...deposited(1), data: { y: 2, x: 1 }, metadata: { q: 2, p: 1 } }
    await store.append([{ stream: a, expected: 0, events: [event] }], { commitId })
    const repeat = await store.append([{ stream: a, expected: 'exists', events: [again] }], { commitId })
    expect(repeat.repeated).toBe(true)
  })

  test.each<[string, unknown]>([
    ['other data', [{ ...appends[0], events: [deposited(1), deposited(3)] }, appends[1]]],
    [
      'other metadata',
      [{ ...appends[0], events: [{ ...deposited(1), metadata: { x: 1 } }, deposited(2)] }, appends[1]],
    ],
    ['another type', [{ ...appends[0], events: [{ ...deposited(1), type: 'X' }, deposited(2)] }, appends[1]]],
    [
      'another version',
      [{ ...appends[0], events: [{ ...deposited(1), version: 2 }, deposited(2)] }, appends[1]],
    ],
    ['fewer events', [{ ...appends[0], events: [deposited(1)] }, appends[1]]],
    ['more events', [{ ...appends[0], events: [deposited(1), deposited(2), deposited(3)] }, appends[1]]],
    ['no events', [{ ...appends[0], events: [] }]],
    ['fewer streams', [appends[0]]],
    ['another second stream', [appends[0], { ...appends[1], stream: account('C') }]],
  ])('with %s is refused', async (_, other) => {
    await store.append(appends, { commitId })
    await expect(store.append(other as typeof appends, { commitId })).rejects.toEqual(
      expect.objectContaining({ code: 'COMMIT_ID_REUSED', stream: a, commitId }),
    )
    expect(await store.head()).toBe(2)
  })

  test('belongs to the first stream of its append', async () => {
    await store.append(appends, { commitId })
    const other = await store.append([{ stream: b, expected: 0, events: [deposited(1)] }], { commitId })
    expect(other.repeated).toBe(false)
    expect(await store.findCommit(b, commitId)).toEqual({ ...other, repeated: true })
  })

  test('of a rejected append is not remembered', async () => {
    await expect(
      store.append([{ stream: a, expected: 1, events: [deposited(1)] }], { commitId }),
    ).rejects.toThrow()
    expect(await store.findCommit(a, commitId)).toBeUndefined()
    expect(
      await store.append([{ stream: a, expected: 0, events: [deposited(2)] }], { commitId }),
    ).toHaveProperty('repeated', false)
  })

  test('of an append without events is not remembered', async () => {
    const check = [{ stream: a, expected: 0 as const, events: [] }]
    await store.append(check, { commitId })
    expect(await store.findCommit(a, commitId)).toBeUndefined()
    expect(await store.append(appends, { commitId })).toHaveProperty('repeated', false)
  })

  test('is not found by a look-alike', async () => {
    await store.append([{ stream: account('x'), expected: 0, events: [deposited(1)] }], { commitId: 'yz' })
    expect(await store.findCommit(account('xy'), 'z')).toBeUndefined()
    expect(await store.findCommit(account('x'), 'YZ')).toBeUndefined()
  })

  test('sent many times at once applies once', async () => {
    const results = await Promise.all(Array.from({ length: 32 }, () => store.append(appends, { commitId })))
    expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(await store.head()).toBe(2)
  })
})

describe('reads', () => {
  const range = fc.record(
    {
      after: fc.nat(12),
      upTo: fc.nat(12),
      limit: fc.nat(12),
      backwards: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  const filter = fc.array(
    fc.record(
      {
        source: fc.constantFrom(source, 'https://example.com/other'),
        types: fc.subarray(['Deposited', 'Withdrawn']),
        aggregateTypes: fc.subarray(['Account', 'Card']),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 2 },
  )

  /** What a read yields, said in the plainest way. */
  function model(events: readonly DomainEvent[], place: 'sequence' | 'position', options: ReadAllOptions) {
    const { after = 0, upTo = Infinity, limit = Infinity, backwards = false } = options
    const found = events.filter((event) => event[place] > after && event[place] <= upTo)
    if (backwards) found.reverse()
    return found.filter(eventMatcher(options.filter)).slice(0, limit)
  }

  test('always yield their range, in their order, up to their limit', async () => {
    const mixed = new InMemoryStore()
    for (let index = 0; index < 10; index++) {
      const aggregateType = index % 3 === 0 ? 'Card' : 'Account'
      const type = index % 2 === 0 ? 'Deposited' : 'Withdrawn'
      const stream = { aggregateType, aggregateId: 'A' }
      await mixed.append([{ stream, expected: 'any', events: [{ ...deposited(index), type }] }])
    }
    const log = await all(mixed.readAll())
    const streamLog = log.filter(({ aggregateType }) => aggregateType === 'Account')
    await fc.assert(
      fc.asyncProperty(range, fc.option(filter, { nil: undefined }), async (options, chosen) => {
        expect(await all(mixed.readStream(a, options))).toEqual(model(streamLog, 'sequence', options))
        const filtered = { ...options, filter: chosen }
        expect(await all(mixed.readAll(filtered))).toEqual(model(log, 'position', filtered))
      }),
    )
  })

  test('of an unknown stream, or with limit 0, yield nothing', async () => {
    await grow(a, 3)
    expect(await all(store.readStream(b))).toEqual([])
    expect(await all(store.readStream(a, { limit: 0 }))).toEqual([])
    expect(await all(store.readAll({ limit: 0 }))).toEqual([])
  })

  test('leave out what is appended while they read', async () => {
    await grow(a, 2)
    const seen: number[] = []
    for await (const { sequence } of store.readStream(a)) {
      seen.push(sequence)
      await store.append([{ stream: a, expected: 'any', events: [deposited(1)] }])
    }
    expect(seen).toEqual([1, 2])
  })

  test('may be broken off', async () => {
    await grow(a, 3)
    for await (const { sequence } of store.readStream(a)) {
      if (sequence === 2) break
    }
    expect(await all(store.readStream(a))).toHaveLength(3)
  })

  test('reject with the reason of their signal, at once or on the way', async () => {
    await grow(a, 3)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(all(store.readStream(a, { signal }))).rejects.toThrow('enough')
    const controller = new AbortController()
    const seen: number[] = []
    const reading = async () => {
      for await (const { position } of store.readAll({ signal: controller.signal })) {
        seen.push(position)
        controller.abort(new Error('enough'))
      }
    }
    await expect(reading()).rejects.toThrow('enough')
    expect(seen).toEqual([1])
  })

  test('reject wrong arguments', async () => {
    await expect(all(store.readStream(account('')))).rejects.toHaveProperty('code', 'ARGUMENT_INVALID')
    await expect(all(store.readAll({ limit: -1 }))).rejects.toHaveProperty('code', 'ARGUMENT_INVALID')
  })
})

describe('waitForAppend', () => {
  const never = new AbortController().signal

  test('resolves at once when the head is further already', async () => {
    await grow(a, 1)
    await store.waitForAppend(0, never)
  })

  test('resolves with the next append', async () => {
    const waiting = store.waitForAppend(0, never)
    await grow(a, 1)
    await waiting
  })

  test('goes on waiting until the head is far enough', async () => {
    let arrived = false
    const waiting = store.waitForAppend(2, never).then(() => (arrived = true))
    await grow(a, 2)
    await new Promise(setImmediate)
    expect(arrived).toBe(false)
    await grow(b, 1)
    await waiting
  })

  test('is not woken by a check that stores nothing', async () => {
    let arrived = false
    const waiting = store.waitForAppend(0, never).then(() => (arrived = true))
    await store.append([{ stream: a, expected: 0, events: [] }])
    await new Promise(setImmediate)
    expect(arrived).toBe(false)
    await grow(a, 1)
    await waiting
  })

  test('rejects with the reason of its signal, at once or while it waits', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(store.waitForAppend(0, signal)).rejects.toThrow('enough')
    const controller = new AbortController()
    const waiting = store.waitForAppend(0, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  test('leaves nothing behind on its signal', async () => {
    const { signal } = new AbortController()
    const added = jest.spyOn(signal, 'addEventListener')
    const removed = jest.spyOn(signal, 'removeEventListener')
    const waiting = store.waitForAppend(0, signal)
    await grow(a, 1)
    await waiting
    expect(added).toHaveBeenCalledTimes(1)
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    )
  })

  test('rejects a wrong position', async () => {
    await expect(store.waitForAppend(-1, never)).rejects.toHaveProperty('code', 'ARGUMENT_INVALID')
  })
})

describe('close', () => {
  test('fails what waits, what is read and what is called', async () => {
    const closed = expect.objectContaining({ code: 'STORE_CLOSED' })
    await grow(a, 2)
    const waiting = store.waitForAppend(2, new AbortController().signal)
    const reading = store.readAll()
    await reading.next()
    await store.close()
    await store.close()
    await expect(waiting).rejects.toEqual(closed)
    await expect(reading.next()).rejects.toEqual(closed)
    await expect(all(store.readAll())).rejects.toEqual(closed)
    await expect(all(store.readStream(a))).rejects.toEqual(closed)
    await expect(store.head()).rejects.toEqual(closed)
    await expect(store.append([{ stream: a, expected: 2, events: [] }])).rejects.toEqual(closed)
    await expect(store.findCommit(a, 'c')).rejects.toEqual(closed)
    await expect(store.waitForAppend(0, new AbortController().signal)).rejects.toEqual(closed)
  })
})

test('any sequence of appends ends as in a model that knows nothing but lists', async () => {
  const streams = ['A', 'B', 'C'].map(account)
  const expected = fc.oneof(fc.nat(4), fc.constantFrom('exists' as const, 'any' as const))
  const append = fc.uniqueArray(
    fc.record({
      stream: fc.constantFrom(...streams),
      expected,
      events: fc.array(fc.nat(9).map(deposited), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 3, selector: ({ stream }) => stream.aggregateId },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(append, { maxLength: 20 }), async (history) => {
      const tried = new InMemoryStore()
      const lists = new Map<string, NewEvent[]>(streams.map(({ aggregateId }) => [aggregateId, []]))
      const log: NewEvent[] = []
      for (const appends of history) {
        const legal = appends.every(({ stream, expected: wanted }) =>
          isExpected(wanted, lists.get(stream.aggregateId)?.length ?? 0),
        )
        const [outcome] = await Promise.allSettled([tried.append(appends)])
        expect(outcome.status).toBe(legal ? 'fulfilled' : 'rejected')
        if (!legal) continue
        for (const { stream, events } of appends) {
          lists.get(stream.aggregateId)?.push(...events)
          log.push(...events)
        }
      }
      const payloads = async (events: AsyncIterable<DomainEvent>) =>
        (await all(events)).map(({ data }) => data)
      for (const stream of streams) {
        const list = lists.get(stream.aggregateId) ?? []
        expect(await payloads(tried.readStream(stream))).toEqual(list.map(({ data }) => data))
      }
      expect(await payloads(tried.readAll())).toEqual(log.map(({ data }) => data))
      expect(await tried.head()).toBe(log.length)
    }),
  )
})

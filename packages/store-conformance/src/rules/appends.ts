import { type StreamAppend } from '@eventmill/core'
import { type Fixture, offered, type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects, verifyRejectsWith } from '../verify.ts'
import { collect, grow, noted, notes, numbers, stream, to, oneTo } from '../workload.ts'

/** What an append to one stream does, returns and refuses. */
export const appendRules: readonly Rule[] = [
  {
    id: 'append/sequences',
    title: 'sequences of a stream are contiguous from 1, over any number of appends',
    why: 'The generation of an aggregate is no longer the number of its events, and every check on it is wrong.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const count of [1, 3, 0, 2]) {
        await store.append([to(stream('a'), notes(count))])
        await store.append([to(stream('b'), notes(1))])
      }
      const sequences = (await collect(store.readStream(stream('a')))).map(({ sequence }) => sequence)
      verifyEqual(sequences, oneTo(6), 'the sequences of a stream of 6 events')
    },
  },
  {
    id: 'append/returns-what-is-read',
    title: 'an append returns its events exactly as readStream and readAll yield them',
    why: 'A state computed from what came back differs from the state after a restart.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const metadata = { correlationId: 'k', user: { name: 'me' } }
      const { streams, events, generations, repeated } = await store.append([
        to(stream('a'), [noted(1), { ...noted(2), metadata }, { ...noted(3), version: 7 }], 0),
      ])
      verifyEqual(streams, [stream('a')], 'the streams of an append to one')
      verifyEqual(events.length, 3, 'the number of returned events')
      verifyEqual(generations, [3], 'the generations of an append of 3 events to a fresh stream')
      verifyEqual(repeated, false, 'repeated')
      verifyEqual(await collect(store.readStream(stream('a'))), events, 'what readStream yields')
      verifyEqual(await collect(store.readAll()), events, 'what readAll yields')
    },
  },
  {
    id: 'append/stores-what-is-given',
    title: 'a stored event bears its stream, source, type, version, data and metadata',
    why: 'Events cannot be decoded, routed or traced.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const given = { source: 'urn:x:other', type: 'Other', version: 3, data: { n: [1] }, metadata: { a: 1 } }
      await store.append([to(stream('a', 'Book'), [given], 0)])
      const [event] = await collect(store.readStream(stream('a', 'Book')))
      verify(event !== undefined, 'an appended event should be read')
      const { id: _id, sequence, position: _position, time: _time, ...rest } = event
      verifyEqual(rest, { ...given, aggregateType: 'Book', aggregateId: 'a' }, 'a stored event')
      verifyEqual(sequence, 1, 'the sequence of a first event')
      await store.append([to(stream('b'), [noted(1)], 0)])
      const [plain] = await collect(store.readStream(stream('b')))
      verifyEqual(plain?.metadata, {}, 'the metadata of an event that was given none')
    },
  },
  {
    id: 'append/assigns-identity',
    title: 'every event gets a UUIDv7 of its own and a time, RFC 3339 in UTC',
    why: 'Consumers that deduplicate by id drop events; audits cannot say when something happened.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const index of oneTo(10)) await store.append([to(stream(`s${index % 3}`), notes(3))])
      const events = await collect(store.readAll())
      verifyEqual(new Set(events.map(({ id }) => id)).size, 30, 'the number of different ids of 30 events')
      for (const { id, time } of events) {
        verify(UUID_V7.test(id), `an id should be a UUIDv7, but is ${id}`)
        verify(
          RFC_3339_UTC.test(time) && !Number.isNaN(Date.parse(time)),
          `a time should be RFC 3339 in UTC, such as 2026-01-31T12:00:00.000Z, but is ${time}`,
        )
      }
    },
  },
  {
    id: 'append/follows-clock',
    title: `an event's time is that of the store's clock`,
    why: 'Reports per day and loads of a past state are wrong.',
    level: 'must',
    needs: ['clock'],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const time of times) {
        await setClock(fixture, time)
        const { events } = await store.append([to(stream('a'), [noted(1)])])
        verifyEqual(Date.parse(events[0]?.time ?? ''), time, `the time of an event at ${time}`)
      }
    },
  },
  {
    id: 'append/clock-orders-nothing',
    title: 'the order of the log is that of positions, also where the clock goes back',
    why: 'A server whose clock is set puts its events before those that readers have seen.',
    level: 'must',
    needs: ['clock'],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const [index, time] of times.entries()) {
        await setClock(fixture, time)
        const { events } = await store.append([to(stream(`s${index}`), [noted(index)])])
        verifyEqual(
          events[0]?.position,
          await store.head(),
          'the head, and the position of the newest event,',
        )
      }
      const order = [...times.keys()]
      verifyEqual(await numbers(store.readAll()), order, 'the log after the clock went back')
      verifyEqual(
        await numbers(store.readAll({ backwards: true })),
        order.toReversed(),
        'the log after the clock went back, backwards,',
      )
    },
  },
  {
    id: 'append/many-events',
    title: 'an append of 2,500 events is seen whole or not at all, and so is its end',
    why: 'An import is cut in half by a limit of the driver, and half of it stays.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const [store, reader] = await Promise.all([fixture.connect(), fixture.connect()])
      const count = 2_500
      const progress = { done: false }
      const appending = store.append([to(stream('a'), notes(count), 0)]).finally(() => {
        progress.done = true
      })
      const seen = new Set<number>()
      do {
        seen.add((await collect(reader.readStream(stream('a')))).length)
        // Lets timers run, also where a store answers at once.
        await new Promise((resolve) => setTimeout(resolve))
      } while (!progress.done)
      const { events, generations } = await appending
      verifyEqual([events.length, generations], [count, [count]], 'the number of events, and the generations')
      verifyEqual(
        [...seen].filter((length) => length !== 0 && length !== count),
        [],
        'the lengths of the stream that were seen while 2,500 events were appended, but for 0 and 2,500,',
      )
      await verifyRejects(
        store.append([to(stream('a'), notes(count), count - 1)]),
        'GENERATION_CONFLICT',
        'an append of 2,500 events at another generation',
      )
      verifyEqual((await collect(store.readAll())).length, count, 'the number of events after it')
    },
  },
  {
    id: 'append/beside-a-conflict',
    title:
      'appends that are in flight on one handle leave each other alone: what conflicts takes nothing with it',
    why: 'Two requests share a connection, and the ROLLBACK of the one takes back what the other was told is stored.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('full'), 1)
      for (const round of oneTo(10)) {
        const outcomes = await Promise.allSettled(
          oneTo(8).map((n) =>
            n % 2 === 0
              ? store.append([to(stream('full'), [noted(n)], 0)])
              : store.append([to(stream(`${round}-${n}`), [noted(n)], 0)]),
          ),
        )
        const won = outcomes.map(({ status }) => status === 'fulfilled')
        verifyEqual(
          won,
          oneTo(8).map((n) => n % 2 === 1),
          'which of 8 appends in flight on one handle were stored, where every other one conflicts,',
        )
        for (const n of [1, 3, 5, 7]) {
          verifyEqual(
            await numbers(store.readStream(stream(`${round}-${n}`))),
            [n],
            'a stream beside a conflict',
          )
        }
      }
      verifyEqual(await numbers(store.readStream(stream('full'))), [1], 'the stream that conflicted')
    },
  },
  {
    id: 'append/check-only',
    title: 'an append without events checks its expectation, stores nothing and creates no stream',
    why: 'A decision that rests on an aggregate it does not change cannot be protected.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 2)
      const before = await store.head()
      const { events, generations } = await store.append([to(stream('a'), [], 2)])
      verifyEqual([events, generations], [[], [2]], 'the events and generations of a check')
      await verifyRejects(
        store.append([to(stream('a'), [], 1)]),
        'GENERATION_CONFLICT',
        'a check of another generation',
      )
      await store.append([to(stream('b'), [], 'any')])
      await verifyRejects(
        store.append([to(stream('b'), [], 'exists')]),
        'GENERATION_CONFLICT',
        `a check for 'exists' after a check of the same absent stream`,
      )
      verifyEqual(await store.head(), before, 'the head after mere checks')
    },
  },
  {
    id: 'append/aborted',
    title: 'an append whose signal is aborted already fails with its reason and stores nothing',
    why: 'What a user has cancelled happens all the same.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const reason = new Error('enough')
      const appending = store.append([to(stream('a'), [noted(1)], 0)], { signal: AbortSignal.abort(reason) })
      await verifyRejectsWith(appending, reason, 'an append')
      verifyEqual(await numbers(store.readStream(stream('a'))), [], 'what an aborted append has stored')
    },
  },
  {
    id: 'append/failed-often',
    title: 'appends may conflict, be aborted and reuse commit ids many times, and the store goes on',
    why: 'Each one that fails leaks a connection, until none is left.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await store.append([to(stream('a'), [noted(1)], 0)], { commitId: 'c' })
      for (const round of oneTo(60)) {
        const controller = new AbortController()
        const append = [to(stream('a'), [noted(2)], round % 3 === 0 ? 0 : 'any')]
        const appending = store.append(append, {
          ...(round % 3 === 1 && { commitId: 'c' }),
          ...(round % 3 === 2 && { signal: controller.signal }),
        })
        controller.abort(new Error('enough'))
        await appending.catch(() => undefined)
      }
      const { events } = await store.append([to(stream('b'), [noted(1)], 0)])
      verifyEqual(events.length, 1, 'the number of events of an append after 60 that failed')
    },
  },
  {
    id: 'append/arguments',
    title: 'an append of the wrong form is refused as ARGUMENT_INVALID, and stores nothing',
    why: 'A typing error is stored, or ignored, and shows up as a riddle much later.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const fine = to(stream('a'), [noted(1)], 0)
      const wrong: readonly (readonly [string, unknown, object?])[] = [
        ['no streams', []],
        ['an empty id', [{ ...fine, stream: stream('') }]],
        ['an empty type', [{ ...fine, stream: stream('a', '') }]],
        ['an id that is a number', [{ ...fine, stream: { ...stream('a'), aggregateId: 7 } }]],
        ['a negative generation', [{ ...fine, expected: -1 }]],
        ['half a generation', [{ ...fine, expected: 0.5 }]],
        ['an unknown expectation', [{ ...fine, expected: 'none' }]],
        ['an event without a type', [{ ...fine, events: [{ ...noted(1), type: '' }] }]],
        ['an event of version 0', [{ ...fine, events: [{ ...noted(1), version: 0 }] }]],
        ['tags, which are reserved', [{ ...fine, events: [{ ...noted(1), tags: ['x'] }] }]],
        ['metadata that is a list', [{ ...fine, events: [{ ...noted(1), metadata: [] }] }]],
        ['an empty commit id', [fine], { commitId: '' }],
        ['an unknown option', [fine], { condition: [] }],
      ]
      for (const [what, appends, options] of wrong) {
        const appending = store.append(appends as readonly StreamAppend[], options)
        await verifyRejects(appending, 'ARGUMENT_INVALID', `an append of ${what}`)
      }
      verifyEqual(await store.head(), 0, 'the head after refused appends')
    },
  },
]

/** The last is before the others. */
const times = [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1), Date.UTC(2025, 0, 1)]

async function setClock(fixture: Fixture, time: number): Promise<void> {
  await offered(fixture.setClock?.bind(fixture), 'clock')(time)
}

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

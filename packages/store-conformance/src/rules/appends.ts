import { type StreamAppend } from '@eventmill/core'
import { type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects, verifyRejectsWith } from '../verify.ts'
import { collect, grow, noted, notes, numbers, stream, to, upTo } from '../workload.ts'

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
      verifyEqual(sequences, upTo(6), 'the sequences of a stream of 6 events')
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
      const { events, generations, repeated } = await store.append([
        to(stream('a'), [noted(1), { ...noted(2), metadata }, { ...noted(3), version: 7 }], 0),
      ])
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
      for (const index of upTo(10)) await store.append([to(stream(`s${index % 3}`), notes(3))])
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
      for (const time of [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1), Date.UTC(2025, 0, 1)]) {
        await fixture.setClock?.(time)
        const { events } = await store.append([to(stream('a'), [noted(1)])])
        verifyEqual(Date.parse(events[0]?.time ?? ''), time, `the time of an event at ${time}`)
      }
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

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

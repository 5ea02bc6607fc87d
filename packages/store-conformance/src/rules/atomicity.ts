import { type EventStore } from '@eventmill/core'
import { type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects } from '../verify.ts'
import { collect, grow, noted, notes, numbers, stream, to, oneTo } from '../workload.ts'

/** What an append over several streams does. */
export const atomicityRules: readonly Rule[] = [
  {
    id: 'streams/all-or-nothing',
    title: 'an append over several streams that conflicts on one changes none',
    why: 'Money leaves one account and never arrives at the other.',
    level: 'must',
    needs: ['multiStream'],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('b'), 2)
      for (const order of [
        ['a', 'b', 'c'],
        ['b', 'a', 'c'],
        ['c', 'a', 'b'],
      ]) {
        const appends = order.map((id) => to(stream(id), notes(2), id === 'b' ? 1 : 0))
        await verifyRejects(
          store.append(appends),
          'GENERATION_CONFLICT',
          'an append that conflicts on one stream',
          {
            stream: stream('b'),
            actual: 2,
          },
        )
      }
      verifyEqual(await numbers(store.readAll()), oneTo(2), 'what the store holds after rejected appends')
      for (const id of ['a', 'c']) {
        verifyEqual(
          await numbers(store.readStream(stream(id))),
          [],
          'what a stream holds after rejected appends',
        )
      }
      await store.append([to(stream('a'), notes(1), 0), to(stream('b'), notes(1), 2)])
    },
  },
  {
    id: 'streams/together',
    title:
      'an append over several streams stores all its events, in its order, and returns a generation for each',
    why: 'Readers see effects before their causes, or the generations of one aggregate as those of another.',
    level: 'must',
    needs: ['multiStream'],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('b'), 3)
      const { streams, events, generations } = await store.append([
        to(stream('c'), [noted(10), noted(11)], 0),
        to(stream('b'), [], 3),
        to(stream('a'), [noted(12)], 0),
      ])
      verifyEqual(streams, [stream('c'), stream('b'), stream('a')], 'the streams')
      verifyEqual(generations, [2, 3, 1], 'the generations')
      verifyEqual(
        events.map(({ aggregateId }) => aggregateId),
        ['c', 'c', 'a'],
        'the streams of the events',
      )
      verifyEqual(
        events.map(({ sequence }) => sequence),
        [1, 2, 1],
        'the sequences of the events',
      )
      verifyEqual(
        await numbers(store.readAll({ after: (events[0]?.position ?? 0) - 1 })),
        [10, 11, 12],
        'the log',
      )
    },
  },
  {
    id: 'streams/repeated',
    title: 'an append that names a stream twice is refused as STREAM_REPEATED',
    why: 'The second expectation is judged against a generation that the first has changed, or not.',
    level: 'must',
    needs: ['multiStream'],
    run: async (fixture) => {
      const store = await fixture.connect()
      const twice = [to(stream('a'), [noted(1)], 0), to(stream('b'), [], 0), to(stream('a'), [noted(2)], 0)]
      await verifyRejects(store.append(twice), 'STREAM_REPEATED', 'an append that names a stream twice', {
        stream: stream('a'),
      })
      verifyEqual(await store.head(), 0, 'the head after it')
    },
  },
  {
    id: 'streams/declined',
    title: 'a store without appends over several streams refuses them as CAPABILITY_MISSING',
    why: 'Half of a transfer is stored, by a store that never promised more.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const appending = store.append([to(stream('a'), [noted(1)], 0), to(stream('b'), [noted(2)], 0)])
      if (store.capabilities.multiStream) await appending
      else await verifyRejects(appending, 'CAPABILITY_MISSING', 'an append over two streams')
    },
  },
  {
    id: 'streams/no-write-skew',
    title: 'racing appends that each check the stream that the other changes do not both win',
    why: 'Two doctors each see the other on call, and both leave.',
    level: 'must',
    needs: ['multiStream'],
    run: async (fixture) => {
      const [first, second] = await Promise.all([fixture.connect(), fixture.connect()])
      for (const round of oneTo(20)) {
        const [a, b] = [stream(`a${round}`), stream(`b${round}`)]
        const outcomes = await Promise.allSettled([
          first.append([to(a, [noted(1)], 0), to(b, [], 0)]),
          second.append([to(b, [noted(1)], 0), to(a, [], 0)]),
        ])
        const winners = outcomes.filter(({ status }) => status === 'fulfilled').length
        verifyEqual(winners, 1, 'the number of winners of two appends that each check what the other changes')
      }
    },
  },
  {
    id: 'streams/no-deadlock',
    title: 'racing appends over the same streams in different orders all end',
    why: 'Transfers back and forth stop each other, and the service with them.',
    level: 'must',
    needs: ['multiStream'],
    run: async (fixture) => {
      const handles: readonly EventStore[] = await Promise.all(oneTo(8).map(() => fixture.connect()))
      const ids = ['a', 'b', 'c', 'd']
      const orders = ids.flatMap((from) => ids.filter((id) => id !== from).map((other) => [from, other]))
      const appends = handles.flatMap((store) =>
        orders.map((order) => store.append(order.map((id) => to(stream(id), [noted(1)])))),
      )
      await Promise.all(appends)
      const events = await collect((handles[0] ?? (await fixture.connect())).readAll())
      verifyEqual(events.length, appends.length * 2, 'the number of events after all appends')
      for (const id of ids) {
        const sequences = events
          .filter(({ aggregateId }) => aggregateId === id)
          .map(({ sequence }) => sequence)
        verify(
          sequences.every((sequence, index) => sequence === index + 1),
          `along positions the sequences of a stream should ascend from 1, but are ${sequences.join(', ')}`,
        )
      }
    },
  },
]

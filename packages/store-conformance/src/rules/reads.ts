import { type DomainEvent, type EventStore, type ReadStreamOptions } from '@eventmill/core'
import { type Fixture, type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects, verifyRejectsWith, Violation } from '../verify.ts'
import { collect, grow, noted, numbers, stream, to, oneTo } from '../workload.ts'

/** What `readStream` and `readAll` have in common: each rule tries both. */
export const readRules: readonly Rule[] = [
  {
    id: 'read/range',
    title: '`after` is exclusive, `upTo` inclusive, and together they bound the range',
    why: 'A reader that goes on where it stopped sees an event twice, or never.',
    level: 'must',
    needs: [],
    run: (fixture) =>
      tries(fixture, [
        [{}, [1, 2, 3, 4, 5, 6]],
        [{ after: 0 }, [1, 2, 3, 4, 5, 6]],
        [{ after: 2 }, [3, 4, 5, 6]],
        [{ after: 6 }, []],
        [{ upTo: 0 }, []],
        [{ upTo: 1 }, [1]],
        [{ upTo: 4 }, [1, 2, 3, 4]],
        [{ upTo: 6 }, [1, 2, 3, 4, 5, 6]],
        [{ after: 2, upTo: 4 }, [3, 4]],
        [{ after: 3, upTo: 4 }, [4]],
        [{ after: 4, upTo: 4 }, []],
        [{ after: 5, upTo: 2 }, []],
      ]),
  },
  {
    id: 'read/far-range',
    title: 'a range that lies beyond the last event is empty, and one that reaches beyond ends with it',
    why: 'A reader that has caught up fails, or begins anew.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 3)
      const far = Number.MAX_SAFE_INTEGER
      for (const read of [store.readAll.bind(store), store.readStream.bind(store, stream('a'))]) {
        verifyEqual(await numbers(read({ after: far })), [], 'a read after the last safe integer')
        verifyEqual(await numbers(read({ upTo: far })), [1, 2, 3], 'a read up to the last safe integer')
        verifyEqual(await numbers(read({ limit: far })), [1, 2, 3], 'a read of so many at most')
      }
    },
  },
  {
    id: 'read/backwards',
    title: '`backwards` reverses the order and leaves the range as it is',
    why: 'The newest event, which is asked for most, is another one, or none.',
    level: 'must',
    needs: [],
    run: (fixture) =>
      tries(fixture, [
        [{ backwards: true }, [6, 5, 4, 3, 2, 1]],
        [{ backwards: true, after: 2 }, [6, 5, 4, 3]],
        [{ backwards: true, upTo: 4 }, [4, 3, 2, 1]],
        [{ backwards: true, after: 2, upTo: 4 }, [4, 3]],
        [{ backwards: false }, [1, 2, 3, 4, 5, 6]],
      ]),
  },
  {
    id: 'read/limit',
    title: '`limit` counts from where reading starts',
    why: 'Pages overlap, or leave gaps.',
    level: 'must',
    needs: [],
    run: (fixture) =>
      tries(fixture, [
        [{ limit: 1 }, [1]],
        [{ limit: 2, after: 3 }, [4, 5]],
        [{ limit: 6 }, [1, 2, 3, 4, 5, 6]],
        [{ limit: 7 }, [1, 2, 3, 4, 5, 6]],
        [{ limit: 2, upTo: 1 }, [1]],
      ]),
  },
  {
    id: 'read/limit-backwards',
    title: '`limit` counts backwards where reading is backwards',
    why: 'The last three events turn out to be the first three.',
    level: 'must',
    needs: [],
    run: (fixture) =>
      tries(fixture, [
        [{ limit: 1, backwards: true }, [6]],
        [{ limit: 2, backwards: true, upTo: 4 }, [4, 3]],
        [{ limit: 2, backwards: true, after: 5 }, [6]],
      ]),
  },
  {
    id: 'read/limit-zero',
    title: '`limit: 0` yields nothing',
    why: 'Whoever computes a limit gets the whole log when it comes to nothing.',
    level: 'must',
    needs: [],
    run: (fixture) =>
      tries(fixture, [
        [{ limit: 0 }, []],
        [{ limit: 0, backwards: true }, []],
      ]),
  },
  {
    id: 'read/unknown-stream',
    title: 'an unknown stream, and an empty store, yield nothing',
    why: 'The first command to an aggregate fails.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      verifyEqual(await numbers(store.readAll()), [], 'an empty store')
      verifyEqual(await numbers(store.readStream(stream('a'))), [], 'a stream of an empty store')
      await grow(store, stream('b'), 2)
      for (const target of [stream('a'), stream('b', 'Other'), stream('B')]) {
        verifyEqual(await numbers(store.readStream(target)), [], 'an unknown stream')
      }
    },
  },
  {
    id: 'read/only-its-stream',
    title: 'readStream yields the events of its stream alone',
    why: 'The history of one aggregate is replayed into another.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const n of oneTo(9)) {
        await store.append([to(stream(`s${n % 3}`, n % 2 === 0 ? 'Even' : 'Odd'), [noted(n)])])
      }
      verifyEqual(await numbers(store.readStream(stream('s0', 'Odd'))), [3, 9], 'a stream among others')
      verifyEqual(
        await numbers(store.readStream(stream('s0', 'Even'))),
        [6],
        'a stream of the same id and another type',
      )
    },
  },
  {
    id: 'read/early-break',
    title: 'a read may be broken off at any event, many times, and the store goes on',
    why: 'Each search for a first match leaks a cursor, until no connection is left.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 20)
      for (const round of oneTo(100)) {
        for (const read of [store.readAll(), store.readStream(stream('a'))]) {
          let seen = 0
          for await (const _ of read) if (++seen > round % 5) break
        }
      }
      verifyEqual(
        await numbers(store.readStream(stream('a'))),
        oneTo(20),
        'the stream after 200 reads broken off',
      )
    },
  },
  {
    id: 'read/aborted-often',
    title: 'reads may be aborted many times, and the store goes on',
    why: 'Each request whose user went away leaks a connection, until none is left.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 20)
      for (const round of oneTo(50)) {
        for (const read of [store.readAll.bind(store), store.readStream.bind(store, stream('a'))]) {
          const controller = new AbortController()
          let seen = 0
          const reading = async () => {
            for await (const _ of read({ signal: controller.signal })) {
              if (++seen > round % 5) controller.abort(new Error('enough'))
            }
          }
          await reading().catch(() => undefined)
        }
      }
      for (const read of [store.readAll(), store.readStream(stream('a'))]) {
        verifyEqual(await numbers(read), oneTo(20), 'what is read after 100 aborted reads')
      }
    },
  },
  {
    id: 'read/released',
    title: 'an iterator that was broken off yields nothing more',
    why: 'What holds the iterator holds the connection.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 5)
      for (const read of [store.readAll(), store.readStream(stream('a'))]) {
        const iterator = read[Symbol.asyncIterator]()
        await iterator.next()
        verify(iterator.return !== undefined, 'an iterator should have a return method, which `break` calls')
        await iterator.return()
        const { done } = await iterator.next()
        verifyEqual(done, true, 'whether an iterator is done after its return')
      }
    },
  },
  {
    id: 'read/aborted',
    title: 'a read fails with the reason of its signal, at once or on its way',
    why: 'A user who went away keeps a connection busy.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 10)
      const reason = new Error('enough')
      for (const read of [store.readAll.bind(store), store.readStream.bind(store, stream('a'))]) {
        await verifyRejectsWith(
          collect(read({ signal: AbortSignal.abort(reason) })),
          reason,
          'an aborted read',
        )
        const controller = new AbortController()
        const seen: DomainEvent[] = []
        const reading = async () => {
          for await (const event of read({ signal: controller.signal })) {
            seen.push(event)
            if (seen.length === 3) controller.abort(reason)
          }
        }
        await verifyRejectsWith(reading(), reason, 'a read that is aborted after 3 events')
        verifyEqual(seen.length, 3, 'the number of events before the abort')
      }
      verifyEqual(await numbers(store.readAll()), oneTo(10), 'a read after aborted ones')
    },
  },
  {
    id: 'read/arguments',
    title: 'a read of the wrong form is refused as ARGUMENT_INVALID',
    why: 'A misspelt filter yields the whole log.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 2)
      const wrong = [
        { after: -1 },
        { after: 0.5 },
        { upTo: -1 },
        { limit: -1 },
        { limit: 1.5 },
        { batchSize: 1 },
      ]
      for (const options of wrong) {
        const what = `a read with ${JSON.stringify(options)}`
        await verifyRejects(collect(store.readAll(options)), 'ARGUMENT_INVALID', what)
        await verifyRejects(collect(store.readStream(stream('a'), options)), 'ARGUMENT_INVALID', what)
      }
      for (const filter of [
        {},
        [{ type: 'Noted' }],
        [{ types: 'Noted' }],
        [{ tags: ['x'] }],
        [{ source: '' }],
      ]) {
        const what = `a read with the filter ${JSON.stringify(filter)}`
        await verifyRejects(collect(store.readAll({ filter: filter as [] })), 'ARGUMENT_INVALID', what)
      }
      await verifyRejects(
        collect(store.readStream(stream(''))),
        'ARGUMENT_INVALID',
        'a read of a stream without id',
      )
    },
  },
  {
    id: 'read/lazy',
    title: 'a read says what is wrong when it is iterated, not when it is called',
    why: 'A call that throws before anybody can catch it ends the process.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const read of [store.readAll.bind(store), store.readStream.bind(store, stream('a'))]) {
        let events: AsyncIterable<DomainEvent> | undefined
        try {
          events = read({ limit: -1 })
        } catch (error) {
          throw new Violation(`a read should fail when it is iterated, but its call threw ${String(error)}`)
        }
        await verifyRejects(collect(events), 'ARGUMENT_INVALID', 'a read with a limit of -1')
      }
    },
  },
]

/**
 * Reads a stream of 6 events by sequence, and the log, in which others stand between them, by position. The range is
 * given, and what is expected told, by number in the stream.
 */
async function tries(
  fixture: Fixture,
  reads: readonly (readonly [options: ReadStreamOptions, expected: readonly number[]])[],
): Promise<void> {
  const store = await fixture.connect()
  await fill(store)
  const positions = [0, ...(await collect(store.readAll())).map(({ position }) => position)]
  verifyEqual(positions.length, 7, 'the number of events in the log, and one')
  for (const [options, expected] of reads) {
    const what = JSON.stringify(options)
    verifyEqual(
      await numbers(store.readStream(stream('a'), options)),
      expected,
      `a stream of 6 read with ${what}`,
    )
    const { after, upTo: last, ...rest } = options
    const byPosition = {
      ...rest,
      ...(after !== undefined && { after: positions[after] }),
      ...(last !== undefined && { upTo: positions[last] }),
    }
    verifyEqual(await numbers(store.readAll(byPosition)), expected, `a log of 6 events read with ${what}`)
  }
}

/** One stream of 6 events, in appends of different size. */
async function fill(store: EventStore): Promise<void> {
  await store.append([to(stream('a'), [noted(1)], 0)])
  await store.append([to(stream('a'), [noted(2), noted(3), noted(4)], 1)])
  await store.append([to(stream('a'), [noted(5), noted(6)], 4)])
}

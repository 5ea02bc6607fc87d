import { type EventFilter } from '@eventmill/core'
import { offered, type Rule } from '../rule.ts'
import { wait } from './push.ts'
import { verify, verifyEqual } from '../verify.ts'
import { collect, grow, noted, notes, numbers, source, stream, to, oneTo } from '../workload.ts'

const other = 'https://example.com/other'

/** What `readAll` and `head` promise while nobody races. */
export const logRules: readonly Rule[] = [
  {
    id: 'log/positions',
    title: 'positions are safe integers from 1 that grow along the log, each event with its own',
    why: 'A checkpoint stands for two events, or for none.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const index of oneTo(20)) {
        await store.append([to(stream(`s${index % 4}`), notes(1 + (index % 2) * 2))])
      }
      const positions = (await collect(store.readAll())).map(({ position }) => position)
      verifyEqual(positions.length, 40, 'the number of events in the log')
      positions.forEach((position, index) => {
        verify(
          Number.isSafeInteger(position) && position > (positions[index - 1] ?? 0),
          `positions should be safe integers that grow from 1, but are ${positions.join(', ')}`,
        )
      })
    },
  },
  {
    id: 'log/order',
    title:
      'along positions stand the appends in the order in which they were acknowledged, each in its own order',
    why: 'Effects are projected before their causes.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const handles = await Promise.all([fixture.connect(), fixture.connect(), fixture.connect()])
      let n = 0
      for (const index of oneTo(30)) {
        const events = oneTo((index % 3) + 1).map(() => noted(++n))
        await handles[index % 3]?.append([to(stream(`s${index % 5}`), events)])
      }
      const store = await fixture.connect()
      verifyEqual(await numbers(store.readAll()), oneTo(n), 'the log of appends one after the other')
    },
  },
  {
    id: 'log/head',
    title: 'head is 0 in an empty store, and the position of the last event once nobody appends',
    why: 'Lag cannot be told, and a reader that catches up never knows that it has.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      verifyEqual(await store.head(), 0, 'the head of an empty store')
      for (const count of [1, 3, 2]) {
        const { events } = await store.append([to(stream('a'), notes(count))])
        verifyEqual(await store.head(), events.at(-1)?.position, 'the head after an append')
      }
    },
  },
  {
    id: 'log/head-after-rejection',
    title: 'head is a position that an event has, also after rejected appends',
    why: 'A reader waits for an event that never comes.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 2)
      for (const _ of oneTo(3)) await store.append([to(stream('a'), notes(2), 0)]).catch(() => undefined)
      const [last] = await collect(store.readAll({ backwards: true, limit: 1 }))
      verifyEqual(await store.head(), last?.position, 'the head after rejected appends')
    },
  },
  {
    id: 'log/bystander',
    title: 'a transaction of somebody else in the same database hides nothing and delays nothing',
    why: 'A forgotten session of an administrator, or a long report, stops every read model.',
    level: 'must',
    needs: ['bystander'],
    run: async (fixture) => {
      const [writer, reader] = await Promise.all([fixture.connect(), fixture.connect()])
      await grow(writer, stream('a'), 1)
      const end = await offered(fixture.openBystander?.(), 'bystander')
      try {
        const { push } = reader.capabilities
        const waiting = push ? wait(reader, await reader.head(), new AbortController().signal) : undefined
        const { events } = await writer.append([to(stream('a'), [noted(2)], 1)])
        await waiting
        verifyEqual(
          await reader.head(),
          events[0]?.position,
          'the head beside a transaction of somebody else',
        )
        verifyEqual(await numbers(reader.readAll()), [1, 2], 'the log beside it')
      } finally {
        await end()
      }
    },
  },
  {
    id: 'log/own-writes',
    title: 'what was appended is read at once, through every handle',
    why: 'A user saves, reloads, and sees the old state.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const [writer, reader] = await Promise.all([fixture.connect(), fixture.connect()])
      for (const n of oneTo(20)) {
        await writer.append([to(stream('a'), [noted(n)], n - 1)])
        verifyEqual(
          await numbers(reader.readStream(stream('a'), { after: n - 1 })),
          [n],
          'a stream after an append',
        )
        verifyEqual(
          await numbers(reader.readAll({ backwards: true, limit: 1 })),
          [n],
          'the log after an append',
        )
      }
    },
  },
  filterRule('source', 'the source of an item must be that of the event', [
    [[{ source }], [1, 2, 3, 4]],
    [[{ source: other }], [5, 6]],
    [[{ source: 'https://example.com/nobody' }], []],
  ]),
  filterRule('types', 'the type of the event must be among the types of an item', [
    [[{ types: ['Noted'] }], [1, 3, 5]],
    [[{ types: ['Noted', 'Struck'] }], [1, 2, 3, 4, 5, 6]],
    [[{ types: ['noted'] }], []],
    [[{ types: [...oneTo(1_000).map((n) => `Other${n}`), 'Struck'] }], [2, 4, 6]],
    [[{ types: [] }], []],
  ]),
  filterRule('aggregate-types', 'the aggregate type of the event must be among those of an item', [
    [[{ aggregateTypes: ['Ledger'] }], [1, 2, 5]],
    [[{ aggregateTypes: ['Ledger', 'Book'] }], [1, 2, 3, 4, 5, 6]],
    [[{ aggregateTypes: [] }], []],
  ]),
  filterRule('fields-and', 'the fields of one item must all match', [
    [[{ source, types: ['Noted'] }], [1, 3]],
    [[{ source, types: ['Noted'], aggregateTypes: ['Book'] }], [3]],
    [[{ source: other, aggregateTypes: ['Book'], types: ['Struck'] }], [6]],
  ]),
  filterRule('items-or', 'one matching item is enough', [
    [
      [{ source: other }, { types: ['Struck'], aggregateTypes: ['Ledger'] }],
      [2, 5, 6],
    ],
    [
      [{ types: ['Noted'] }, { types: ['Noted'] }],
      [1, 3, 5],
    ],
  ]),
  filterRule('empty', 'no items match nothing, and an item without fields matches everything', [
    [[], []],
    [[{}], [1, 2, 3, 4, 5, 6]],
  ]),
  {
    id: 'filter/range',
    title: 'range, limit and direction of a filtered read are those of the log, and the limit counts matches',
    why: 'A filtered reader skips events, or never gets to the end of its page.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      for (const n of oneTo(30)) {
        await store.append([to(stream('a'), [noted(n, n % 10 === 0 ? 'Tenth' : 'Noted')])])
      }
      const positions = (await collect(store.readAll())).map(({ position }) => position)
      const filter = [{ types: ['Tenth'] }]
      verifyEqual(await numbers(store.readAll({ filter, limit: 2 })), [10, 20], 'two matches')
      verifyEqual(
        await numbers(store.readAll({ filter, limit: 2, backwards: true })),
        [30, 20],
        'the last two matches',
      )
      verifyEqual(
        await numbers(store.readAll({ filter, after: positions[9] })),
        [20, 30],
        'matches after the first',
      )
      verifyEqual(
        await numbers(store.readAll({ filter, upTo: positions[28] })),
        [10, 20],
        'matches but the last',
      )
      verifyEqual(await numbers(store.readAll({ filter, limit: 0 })), [], 'no matches')
      const [first, last] = [positions[9], positions[28]]
      for (const [range, expected] of [
        [{ after: first }, [30, 20]],
        [{ upTo: last }, [20, 10]],
        [{ after: first, limit: 1 }, [30]],
        [{ upTo: last, limit: 1 }, [20]],
        [{ after: first, upTo: last }, [20]],
      ] as const) {
        const what = `matches, backwards, of ${JSON.stringify(range)}`
        verifyEqual(await numbers(store.readAll({ ...range, filter, backwards: true })), expected, what)
      }
    },
  },
]

function filterRule(
  name: string,
  demand: string,
  reads: readonly (readonly [filter: EventFilter, expected: readonly number[]])[],
): Rule {
  return {
    id: `filter/${name}`,
    title: `in a filter ${demand}`,
    why: 'A read model misses events, or gets those of others.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await store.append([to(stream('a'), [noted(1), noted(2, 'Struck')], 0)])
      await store.append([to(stream('a', 'Book'), [noted(3), noted(4, 'Struck')], 0)])
      await store.append([to(stream('b'), [{ ...noted(5), source: other }], 0)])
      await store.append([to(stream('b', 'Book'), [{ ...noted(6, 'Struck'), source: other }], 0)])
      for (const [filter, expected] of reads) {
        verifyEqual(
          await numbers(store.readAll({ filter })),
          expected,
          `a read with ${JSON.stringify(filter)}`,
        )
      }
    },
  }
}

import {
  type EventStore,
  type ExpectedGeneration,
  type Generation,
  hasCode,
  type StreamId,
} from '@eventmill/core'
import { type Fixture, type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects } from '../verify.ts'
import { collect, grow, noted, notes, numbers, stream, to, oneTo } from '../workload.ts'

/** What an append may expect of its streams, alone and in races. */
export const expectationRules: readonly Rule[] = [
  {
    id: 'expected/zero',
    title: 'expecting generation 0 appends to an absent stream and conflicts with any other',
    why: 'Two processes both create what may exist once: an account, a username, an order.',
    level: 'must',
    needs: [],
    run: (fixture) => obeys(fixture, 0, { absent: true, atThree: false }),
  },
  {
    id: 'expected/generation',
    title: 'expecting a generation appends there and conflicts below, above and on an absent stream',
    why: 'A decision made on an old state is stored as if it were made on the new one: the lost update.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      await obeys(fixture, 3, { absent: false, atThree: true })
      await obeys(fixture, 2, { absent: false, atThree: false })
      await obeys(fixture, 4, { absent: false, atThree: false })
    },
  },
  {
    id: 'expected/exists',
    title: `expecting 'exists' appends to any present stream and conflicts with an absent one`,
    why: 'Events pile up on aggregates that were never created.',
    level: 'must',
    needs: [],
    run: (fixture) => obeys(fixture, 'exists', { absent: false, atThree: true }),
  },
  {
    id: 'expected/any',
    title: `expecting 'any' appends wherever the stream is`,
    why: 'Logs and measurements that nobody decides on are refused for no reason.',
    level: 'must',
    needs: [],
    run: (fixture) => obeys(fixture, 'any', { absent: true, atThree: true }),
  },
  {
    id: 'expected/conflict-tells',
    title: 'a conflict names the stream, what was expected, and the generation that was found',
    why: 'A dispatcher cannot tell its user what happened, nor read on from the right place.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('a'), 3)
      for (const [id, expected, actual] of [
        ['a', 2, 3],
        ['b', 7, 0],
        ['b', 'exists', 0],
      ] as const) {
        await verifyRejects(
          store.append([to(stream(id), [noted(1)], expected)]),
          'GENERATION_CONFLICT',
          `an append to a stream at generation ${actual} expecting ${expected}`,
          { stream: stream(id), expected, actual },
        )
      }
    },
  },
  {
    id: 'expected/race-at-generation',
    title: 'of 2 to 32 racing appends with the same expected generation, one wins',
    why: 'Two writers both decide on the same state and both win: money is spent twice.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const handles = await Promise.all(oneTo(32).map(() => fixture.connect()))
      for (const rivals of [2, 3, 8, 32]) {
        const target = stream(`rivals-${rivals}`)
        await grow(await fixture.connect(), target, 3)
        await oneWins(handles.slice(0, rivals), target, 3)
      }
    },
  },
  {
    id: 'expected/race-to-create',
    title: 'of 2 to 32 racing appends that create a stream, one wins',
    why: 'What must be unique exists twice, with two histories under one name.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const handles = await Promise.all(oneTo(32).map(() => fixture.connect()))
      for (const rivals of [2, 3, 8, 32]) {
        await oneWins(handles.slice(0, rivals), stream(`creators-${rivals}`), 0)
      }
    },
  },
  {
    id: 'expected/race-any',
    title: `of 2 to 32 racing appends that expect 'any', or 'exists' of what exists, none conflicts and none is lost`,
    why: 'Appends that cannot conflict do so under load, when nobody is prepared for it.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const handles = await Promise.all(oneTo(32).map(() => fixture.connect()))
      const store = await fixture.connect()
      for (const [expected, before] of [
        ['any', 0],
        ['any', 2],
        ['exists', 2],
      ] as const) {
        for (const rivals of [2, 3, 8, 32]) {
          const target = stream(`${rivals} ${expected} at ${before}`)
          await grow(store, target, before)
          const rival = handles.slice(0, rivals)
          await Promise.all(rival.map((each, index) => each.append([to(target, [noted(index)], expected)])))
          const sequences = (await collect(store.readStream(target))).map(({ sequence }) => sequence)
          const what = `${rivals} racing appends of one event that expect '${expected}'`
          verifyEqual(sequences, oneTo(before + rivals), `the sequences after ${what}`)
        }
      }
    },
  },
]

/** Tries an expectation, with events and as a mere check, on an absent stream and on one at generation 3. */
async function obeys(
  fixture: Fixture,
  expected: ExpectedGeneration,
  appends: { readonly absent: boolean; readonly atThree: boolean },
): Promise<void> {
  const store = await fixture.connect()
  for (const [generation, legal] of [
    [0, appends.absent],
    [3, appends.atThree],
  ] as const) {
    for (const count of [0, 2]) {
      const target = stream(`${expected} at ${generation} of ${count}`)
      await grow(store, target, generation)
      const what = `an append of ${count} events expecting ${expected} at generation ${generation}`
      const appending = store.append([to(target, notes(count), expected)])
      if (legal) {
        verifyEqual((await appending).generations, [generation + count], `the generations of ${what}`)
      } else await verifyRejects(appending, 'GENERATION_CONFLICT', what)
      const after = [...oneTo(generation), ...(legal ? oneTo(count) : [])]
      verifyEqual(await numbers(store.readStream(target)), after, `what the stream holds after ${what}`)
    }
  }
}

/** Lets each handle append one event to the same stream, all at once and under the same expectation. */
async function oneWins(
  handles: readonly EventStore[],
  target: StreamId,
  expected: Generation,
): Promise<void> {
  const what = `${handles.length} racing appends expecting generation ${expected}`
  const outcomes = await Promise.allSettled(
    handles.map((store, index) => store.append([to(target, [noted(100 + index)], expected)])),
  )
  const winners = outcomes.filter(({ status }) => status === 'fulfilled').length
  verifyEqual(winners, 1, `the number of winners among ${what}`)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') {
      verify(
        hasCode(outcome.reason, 'GENERATION_CONFLICT'),
        `the losers among ${what} should fail with GENERATION_CONFLICT, but one failed with ${String(outcome.reason)}`,
      )
    }
  }
  const [store] = handles
  if (store === undefined) return
  const sequences = (await collect(store.readStream(target))).map(({ sequence }) => sequence)
  verifyEqual(sequences, oneTo(expected + 1), `the sequences after ${what}`)
}

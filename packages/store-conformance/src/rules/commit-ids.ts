import { type NewEvent, type StreamAppend } from '@eventmill/core'
import { offered, type Rule } from '../rule.ts'
import { verifyEqual, verifyRejects, verifyRejectsWith } from '../verify.ts'
import { grow, noted, notes, numbers, stream, to, oneTo } from '../workload.ts'

const commitId = 'commit-1'

/** Events in which every field says something. */
function rich(count: number): readonly NewEvent[] {
  return notes(count).map((event, index) => ({
    ...event,
    source: 'https://example.com/rich',
    version: 2,
    metadata: { correlationId: `k${index}`, user: { name: 'me' } },
  }))
}

/** What a commit id promises. */
export const commitIdRules: readonly Rule[] = [
  {
    id: 'commit/repeat',
    title: 'the same append under the same commit id returns the original events and applies nothing',
    why: 'A message that is delivered twice is charged twice.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
      const append = [to(stream('a'), rich(2), 0)]
      const first = await store.append(append, { commitId })
      verifyEqual(first.repeated, false, 'repeated, the first time,')
      verifyEqual(
        await other.append(append, { commitId }),
        { ...first, repeated: true },
        'the same append again',
      )
      verifyEqual(await numbers(store.readAll()), [1, 2], 'what the store holds')
    },
  },
  {
    id: 'commit/before-expectation',
    title: 'a commit id is looked up before the expectation, and also after the stream has moved on',
    why: 'Whoever repeats an append after a lost answer is told of a conflict with itself, and tries something else.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
      const first = await store.append([to(stream('a'), notes(2), 0)], { commitId })
      await store.append([to(stream('a'), [noted(3)], 2)])
      for (const expected of [0, 1, 3, 'exists', 'any'] as const) {
        const again = await store.append([to(stream('a'), notes(2), expected)], { commitId })
        verifyEqual(again, { ...first, repeated: true }, `the same append again, expecting ${expected},`)
        const through = await other.append([to(stream('a'), notes(2), expected)], { commitId })
        verifyEqual(through, again, 'the same append again, through another handle,')
      }
      verifyEqual(await numbers(store.readAll()), [1, 2, 3], 'what the store holds')
    },
  },
  {
    id: 'commit/other-content',
    title: 'another append under the same commit id is refused as COMMIT_ID_REUSED',
    why: 'An intent is taken for another one and silently dropped.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await store.append([to(stream('a'), notes(2), 0)], { commitId })
      const others: readonly (readonly [string, StreamAppend['events']])[] = [
        ['other data', [noted(1), noted(3)]],
        ['another type', [noted(1), noted(2, 'Other')]],
        ['another source', [noted(1), { ...noted(2), source: 'urn:x:y' }]],
        ['another version', [noted(1), { ...noted(2), version: 2 }]],
        ['other metadata', [noted(1), { ...noted(2), metadata: { a: 1 } }]],
        ['one event less', [noted(1)]],
        ['one event more', notes(3)],
      ]
      for (const [what, events] of others) {
        const appending = store.append([to(stream('a'), events)], { commitId })
        await verifyRejects(appending, 'COMMIT_ID_REUSED', `an append with ${what} under a used commit id`, {
          stream: stream('a'),
          commitId,
        })
      }
      verifyEqual(await numbers(store.readAll()), [1, 2], 'what the store holds')
    },
  },
  {
    id: 'commit/same-content',
    title: 'content is the same whatever the order of its keys',
    why: 'A repeat that was serialised elsewhere is refused as if it were another intent.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const event = { ...noted(1), data: { x: { p: 1, q: 2 }, y: 2 }, metadata: { a: 1, b: 2 } }
      const again = { ...noted(1), data: { y: 2, x: { q: 2, p: 1 } }, metadata: { b: 2, a: 1 } }
      await store.append([to(stream('a'), [event], 0)], { commitId })
      const { repeated } = await store.append([to(stream('a'), [again], 0)], { commitId })
      verifyEqual(repeated, true, 'repeated, with keys in another order,')
    },
  },
  {
    id: 'commit/several-streams',
    title: 'a commit over several streams is remembered as a whole, under its first stream',
    why: 'A repeated transfer is applied again, or answered with half of what it did.',
    level: 'must',
    needs: ['multiStream'],
    run: async (fixture) => {
      const store = await fixture.connect()
      await grow(store, stream('c'), 2)
      const append = [to(stream('a'), rich(1), 0), to(stream('c'), [], 2), to(stream('b'), rich(2), 0)]
      const first = await store.append(append, { commitId })
      verifyEqual(first.generations, [1, 2, 2], 'the generations')
      await store.append([to(stream('b'), [noted(3)], 2), to(stream('c'), [noted(3)], 2)])
      verifyEqual(
        await store.append(append, { commitId }),
        { ...first, repeated: true },
        'the same append again',
      )
      verifyEqual(
        await store.findCommit(stream('a'), commitId),
        { ...first, repeated: true },
        'the commit found',
      )
      for (const id of ['b', 'c']) {
        verifyEqual(
          await store.findCommit(stream(id), commitId),
          undefined,
          'the commit under another stream',
        )
      }
      for (const [what, other] of [
        ['fewer streams', append.slice(0, 2)],
        ['one stream less to check', append.filter(({ events }) => events.length > 0)],
        ['another stream', [...append.slice(0, 2), to(stream('d'), notes(2), 0)]],
        [
          'events swapped between streams',
          [to(stream('a'), notes(2), 0), to(stream('c'), [], 2), to(stream('b'), notes(1), 0)],
        ],
      ] as const) {
        await verifyRejects(store.append(other, { commitId }), 'COMMIT_ID_REUSED', `an append with ${what}`)
      }
    },
  },
  {
    id: 'commit/scope',
    title: 'a commit id is told apart by the first stream, and to the letter',
    why: 'Ids that are unique for each customer, such as order numbers, suppress those of others.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await store.append([to(stream('a'), notes(1), 0)], { commitId: 'x' })
      for (const [target, id] of [
        [stream('b'), 'x'],
        [stream('a', 'Other'), 'x'],
        [stream('a'), 'X'],
        [stream('a'), 'x '],
      ] as const) {
        verifyEqual(await store.findCommit(target, id), undefined, 'a commit under another stream or id')
        const { repeated } = await store.append([to(target, [noted(2)])], { commitId: id })
        verifyEqual(repeated, false, 'repeated, under another stream or id,')
      }
    },
  },
  {
    id: 'commit/remembered',
    title: 'a commit id is remembered beside many others, as long as the store says',
    why: 'A queue that delivers again after an hour charges twice.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const first = await store.append([to(stream('a'), notes(1), 0)], { commitId })
      for (const round of oneTo(20)) {
        await Promise.all(
          oneTo(25).map((n) => {
            const target = n % 5 === 0 ? stream('a') : stream(`s${n}`)
            return store.append([to(target, [noted(n)])], { commitId: `other-${round}-${n}` })
          }),
        )
      }
      verifyEqual(
        await store.append([to(stream('a'), notes(1), 0)], { commitId }),
        { ...first, repeated: true },
        'an append that is repeated after 500 others',
      )
    },
  },
  {
    id: 'commit/rejected',
    title: 'the commit id of a rejected append is not remembered',
    why: 'A command that failed once, because the money was not there yet, fails for ever.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await verifyRejects(
        store.append([to(stream('a'), [noted(1)], 'exists')], { commitId }),
        'GENERATION_CONFLICT',
        'an append to an absent stream',
      )
      verifyEqual(await store.findCommit(stream('a'), commitId), undefined, 'the commit of a rejected append')
      const { repeated } = await store.append([to(stream('a'), [noted(2)], 0)], { commitId })
      verifyEqual(repeated, false, 'repeated, after a rejected append,')
    },
  },
  {
    id: 'commit/check',
    title: 'the commit id of an append without events is not remembered',
    why: 'A decision that came to nothing blocks the same command when it could come to something.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await store.append([to(stream('a'), [], 0)], { commitId })
      verifyEqual(await store.findCommit(stream('a'), commitId), undefined, 'the commit of a mere check')
      const { repeated } = await store.append([to(stream('a'), [noted(1)], 0)], { commitId })
      verifyEqual(repeated, false, 'repeated, after a mere check,')
    },
  },
  {
    id: 'commit/race',
    title: 'the same append sent by many at once under one commit id is applied once, and all get the same',
    why: 'A queue that delivers to two workers charges twice.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const handles = await Promise.all(oneTo(16).map(() => fixture.connect()))
      for (const expected of [0, 'any'] as const) {
        const target = stream(`raced-${expected}`)
        const results = await Promise.all(
          handles.map((store) => store.append([to(target, notes(2), expected)], { commitId })),
        )
        const originals = results.filter(({ repeated }) => !repeated)
        verifyEqual(originals.length, 1, 'the number of appends that were applied')
        for (const { events } of results) {
          verifyEqual(events, originals[0]?.events, 'the events that were returned')
        }
        const store = await fixture.connect()
        verifyEqual(await numbers(store.readStream(target)), [1, 2], 'what the stream holds')
      }
    },
  },
  {
    id: 'commit/race-other-content',
    title: 'of different appends sent at once under one commit id, one is applied and the others are refused',
    why: 'Two intents that share an id by mistake are mixed, or both applied.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const handles = await Promise.all(oneTo(16).map(() => fixture.connect()))
      const outcomes = await Promise.allSettled(
        handles.map((store, index) => store.append([to(stream('a'), [noted(index)])], { commitId })),
      )
      const refused = outcomes.filter(({ status }) => status === 'rejected')
      verifyEqual(refused.length, 15, 'the number of refused appends')
      for (const outcome of refused) {
        const code: unknown = Reflect.get(Object((outcome as PromiseRejectedResult).reason) as object, 'code')
        verifyEqual(code, 'COMMIT_ID_REUSED', 'the code of the refusals')
      }
    },
  },
  {
    id: 'commit/find',
    title: 'findCommit returns what an append did, and nothing for an unknown id',
    why: 'A dispatcher decides a command a second time, on a state that the command itself has made.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
      for (const handle of [store, other]) {
        verifyEqual(await handle.findCommit(stream('a'), commitId), undefined, 'an unknown commit')
      }
      await grow(store, stream('a'), 2)
      const result = await store.append([to(stream('a'), rich(1), 2)], { commitId })
      await store.append([to(stream('a'), [noted(4)], 3)])
      verifyEqual(
        await other.findCommit(stream('a'), commitId),
        { ...result, repeated: true },
        'the commit found',
      )
      verifyEqual(await other.findCommit(stream('a'), 'commit-2'), undefined, 'another commit')
    },
  },
  {
    id: 'commit/elsewhere',
    title: 'a commit of one process is known to the others, also when they send it at once',
    why: 'A queue that delivers to two services charges twice.',
    level: 'must',
    needs: ['elsewhere'],
    run: async (fixture) => {
      const [here, there] = await Promise.all([
        fixture.connect(),
        offered(fixture.connectElsewhere?.(), 'elsewhere'),
      ])
      for (const [index, [first, second]] of [[here, there] as const, [there, here] as const].entries()) {
        const target = stream(`a${index}`)
        verifyEqual(await second.findCommit(target, commitId), undefined, 'a commit that is still to come')
        const append = [to(target, rich(2), 0)]
        const known = { ...(await first.append(append, { commitId })), repeated: true }
        verifyEqual(await second.findCommit(target, commitId), known, 'the commit of another process')
        verifyEqual(await second.append(append, { commitId }), known, 'the same append in another process')
      }
      for (const round of oneTo(10)) {
        const append = [to(stream(`raced-${round}`), notes(1))]
        const results = await Promise.all([here, there].map((store) => store.append(append, { commitId })))
        const originals = results.filter(({ repeated }) => !repeated)
        verifyEqual(
          originals.length,
          1,
          'the number of appends that were applied, of the same one in two processes',
        )
      }
    },
  },
  {
    id: 'commit/find-arguments',
    title: 'findCommit refuses wrong arguments and heeds its signal',
    why: 'A typing error reads as "never applied".',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      await verifyRejects(
        store.findCommit(stream(''), commitId),
        'ARGUMENT_INVALID',
        'findCommit with an empty id',
      )
      await verifyRejects(
        store.findCommit(stream('a'), ''),
        'ARGUMENT_INVALID',
        'findCommit with an empty commit id',
      )
      const reason = new Error('enough')
      const signal = AbortSignal.abort(reason)
      await verifyRejectsWith(store.findCommit(stream('a'), commitId, { signal }), reason, 'findCommit')
    },
  },
]

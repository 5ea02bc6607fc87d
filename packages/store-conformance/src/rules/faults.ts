import { type DomainEvent, type EventStore, hasCode } from '@eventmill/core'
import { type Faults, type Fixture, type Hold, offered, type Rule } from '../rule.ts'
import { verify, verifyEqual, verifyRejects, Violation } from '../verify.ts'
import { collect, grow, noted, notes, numbers, oneTo, stream, to } from '../workload.ts'

/** What an append comes to when its connection fails. */
export const faultRules: readonly Rule[] = [
  cutRule('before', 'An append that never left is reported as stored.'),
  cutRule('during', 'Half of an append is stored, or it is stored and reported as failed.'),
  cutRule('after', 'The answer is lost, the caller tries again, and the money moves twice.'),
  {
    id: 'fault/out-of-reach',
    title:
      'an append that finds no connection is reported as unknown, with the id under which it can be repeated',
    why: 'A caller that gets a raw error of the driver takes the append for failed, and sends another one.',
    level: 'must',
    needs: ['faults'],
    // A store may take its time before it gives up: three times over.
    timeout: 120_000,
    run: async (fixture) => {
      const { store, other, faults } = await open(fixture)
      for (const [when, commitId] of [
        ['before', undefined],
        ['during', 'given'],
        ['after', undefined],
      ] as const) {
        const target = stream(`out of reach ${when}`)
        const append = [to(target, notes(2), 0)]
        await faults.cut(store, when, Infinity)
        const what = `an append that is cut ${when} its commit each time`
        const error = await verifyRejects(store.append(append, { commitId }), 'APPEND_OUTCOME_UNKNOWN', what)
        await faults.cut(store, when, 0)
        if (commitId !== undefined) verifyEqual(error.commitId, commitId, 'the id of an unknown outcome')
        await other.append(append, { commitId: error.commitId })
        verifyEqual(await numbers(other.readStream(target)), [1, 2], 'the stream once it was repeated')
      }
    },
  },
  {
    id: 'fault/late-statement',
    title: 'a statement that arrives after it was sent again is applied once',
    why: 'A network that delivers late, as networks do, doubles an order.',
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      const { store, other, faults } = await open(fixture)
      const append = [to(stream('a'), [noted(1)])]
      const hold = await faults.holdUp(store)
      const held = outcomeOf(store.append(append, { commitId: 'c' }))
      await reached(hold, held)
      verifyEqual(
        await numbers(other.readAll()),
        [],
        'the log while the append is held up before it has arrived',
      )
      const again = await other.append(append, { commitId: 'c' })
      verifyEqual(again.events.length, 1, 'the number of events of the append that was sent again')
      await hold.release()
      await held
      verifyEqual(await numbers(other.readAll()), [1], 'the log once the late statement has arrived')
    },
  },
  {
    id: 'fault/late-after-loss',
    title:
      'an append whose connection is lost before its statement arrives is applied once, whatever happened meanwhile',
    why: 'A store that looks for its events, does not find them, and sends anew, stores them twice.',
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      const { store, other, faults } = await open(fixture)
      for (const expected of [2, 'any'] as const) {
        for (const commitId of [undefined, 'given']) {
          const target = stream(`lost ${expected} ${commitId ?? 'without id'}`)
          await grow(other, target, 2)
          const late = await faults.deliverLate(store)
          const append = [to(target, [noted(3)], expected)]
          const outcome = await outcomeOf(store.append(append, { commitId }))
          await late.reached
          verifyEqual(
            await numbers(other.readStream(target)),
            saidSoFar(outcome),
            'the stream before the late statement',
          )
          const moved = await other.append([to(target, [noted(4)])])
          await late.release()
          if (outcome.error !== undefined) {
            const { error } = outcome
            verify(hasCode(error, 'APPEND_OUTCOME_UNKNOWN'), unknownOutcome('whose statement is late', error))
            await outcomeOf(other.append(append, { commitId: error.commitId }))
          }
          verifyEqual(moved.events.length, 1, 'the number of events of an append beside')
          const told = await numbers(other.readStream(target))
          const times = told.filter((n) => n === 3).length
          const acknowledged = outcome.error === undefined
          verify(
            acknowledged ? times === 1 : times <= 1,
            `an append whose statement arrives late should be stored once, but the stream says ${told.join(', ')}`,
          )
        }
      }
    },
  },
  {
    id: 'fault/aborted-in-flight',
    title: 'an append that is aborted in flight is stored or not, as it is reported, or reported as unknown',
    why: 'What a user has cancelled, and was told is cancelled, happens all the same.',
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      const { store, other, faults } = await open(fixture)
      await judgeAborted({ store, other, hold: await faults.holdUp(store) })
    },
  },
  {
    id: 'stall/aborted',
    title: 'the same holds of an append that is aborted while it stalls before its commit',
    why: 'What a user has cancelled, and was told is cancelled, happens all the same.',
    level: 'must',
    needs: ['stalls'],
    run: async (fixture) => {
      const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
      await judgeAborted({ store, other, hold: await stalled(fixture, store) })
    },
  },
  {
    id: 'stall/positions',
    title: 'whoever has read beyond the positions of an append that stalls never finds it there later',
    why: 'One slow writer is enough for a read model to pass over what it commits.',
    level: 'must',
    needs: ['stalls'],
    run: async (fixture) => {
      const [store, other, reader] = await Promise.all([
        fixture.connect(),
        fixture.connect(),
        fixture.connect(),
      ])
      for (const round of oneTo(3)) {
        const hold = await stalled(fixture, store)
        const slow = outcomeOf(store.append([to(stream(`slow ${round}`), notes(2), 0)]))
        await reached(hold, slow)
        const early = await numbers(other.readStream(stream(`slow ${round}`)))
        verifyEqual(
          early,
          [],
          'a stream while an append to it stalls before its commit: does stall() stop there?',
        )
        const beside = outcomeOf(other.append([to(stream(`fast ${round}`), notes(1), 0)]))
        await soon(beside)
        const head = await reader.head()
        const seen = await collect(reader.readAll())
        const last = Math.max(head, seen.at(-1)?.position ?? 0)
        await hold.release()
        for (const { error } of await Promise.all([slow, beside])) {
          if (error !== undefined) throw error as Error
        }
        const places = (events: readonly DomainEvent[]) =>
          events.map(({ id, position }) => `${position} ${id}`)
        const log = await collect(reader.readAll())
        const before = log.filter(({ position }) => position <= last)
        verifyEqual(
          places(before),
          places(seen),
          'what stands where a reader has been, once a stalled append is stored,',
        )
        verifyEqual(log.length, round * 3, 'the number of events in the log')
      }
    },
  },
  {
    id: 'fault/crash',
    title: 'what was acknowledged survives the death of the process that appended it',
    why: 'Orders that were confirmed are gone after a crash.',
    level: 'must',
    needs: ['faults', 'reopen'],
    run: async (fixture) => {
      const { store, other, faults } = await open(fixture)
      for (const n of oneTo(20)) {
        await store.append([to(stream(`s${n % 3}`), [noted(n)])], { commitId: `c${n}` })
      }
      await faults.crash(store)
      const { error } = await outcomeOf(store.head())
      verify(error !== undefined, 'a handle that has crashed should fail: does crash() end it?')
      verifyEqual(await numbers(other.readAll()), oneTo(20), 'the log after a crash, through another handle,')
      const reopened = await fixture.connect()
      verifyEqual(
        await numbers(reopened.readAll()),
        oneTo(20),
        'the log after a crash, through a new handle,',
      )
      const again = await reopened.append([to(stream('s1'), [noted(1)])], { commitId: 'c1' })
      verifyEqual(again.repeated, true, 'repeated, after a crash,')
    },
  },
]

function cutRule(when: 'before' | 'during' | 'after', why: string): Rule {
  return {
    id: `fault/cut-${when}`,
    title: `an append whose connection is cut ${when} its commit is stored once, or reported as unknown and repeatable`,
    why,
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      const handles = await open(fixture)
      for (const commitId of [undefined, 'given']) await survivesCut(handles, when, commitId)
    },
  }
}

interface Handles {
  readonly store: EventStore
  readonly other: EventStore
  readonly faults: Faults
}

async function open(fixture: Fixture): Promise<Handles> {
  const faults = offered(fixture.faults, 'faults')
  const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
  return { store, other, faults }
}

async function survivesCut(
  { store, other, faults }: Handles,
  when: 'before' | 'during' | 'after',
  commitId?: string,
): Promise<void> {
  const target = stream(`cut ${when} ${commitId ?? 'without id'}`)
  await grow(other, target, 2)
  await faults.cut(store, when, 1)
  const append = [to(target, [noted(3), noted(4)])]
  const { result, error } = await outcomeOf(store.append(append, { commitId }))
  if (error === undefined) {
    const sequences = result?.events.map(({ sequence }) => sequence)
    verifyEqual(sequences, [3, 4], 'the sequences of an append that was cut')
  } else {
    verify(hasCode(error, 'APPEND_OUTCOME_UNKNOWN'), unknownOutcome('that was cut', error))
    await other.append(append, { commitId: error.commitId })
  }
  const told = error === undefined ? 'acknowledged' : 'repeated'
  verifyEqual(
    await numbers(other.readStream(target)),
    oneTo(4),
    `the stream after an append that was cut and ${told}`,
  )
}

/** What a stream at generation 2 says before a late statement arrives. */
function saidSoFar({ error }: Outcome<unknown>): readonly number[] {
  return error === undefined ? [1, 2, 3] : [1, 2]
}

function stalled(fixture: Fixture, store: EventStore): Hold | Promise<Hold> {
  return offered(fixture.stall?.bind(fixture), 'stalls')(store)
}

/** Aborts an append that is held, and compares what is reported of it with what is stored. */
async function judgeAborted({
  store,
  other,
  hold,
}: {
  readonly store: EventStore
  readonly other: EventStore
  readonly hold: Hold
}): Promise<void> {
  const append = [to(stream('a'), notes(2), 0)]
  const controller = new AbortController()
  const reason = new Error('enough')
  const appending = outcomeOf(store.append(append, { signal: controller.signal, commitId: 'c' }))
  await reached(hold, appending)
  controller.abort(reason)
  await hold.release()
  const { error } = await appending
  const stored = await numbers(other.readStream(stream('a')))
  if (error === reason) verifyEqual(stored, [], 'the stream after an append that was reported as aborted')
  else if (error === undefined) {
    verifyEqual(stored, [1, 2], 'the stream after an append that was acknowledged')
  } else {
    verify(hasCode(error, 'APPEND_OUTCOME_UNKNOWN'), unknownOutcome('that is aborted in flight', error))
    await other.append(append, { commitId: error.commitId })
    verifyEqual(
      await numbers(other.readStream(stream('a'))),
      [1, 2],
      'the stream once the append was repeated',
    )
  }
}

function unknownOutcome(which: string, error: unknown): string {
  return `an append ${which} should succeed or fail with APPEND_OUTCOME_UNKNOWN, but failed with ${String(error)}`
}

interface Outcome<Result> {
  readonly result: Result | undefined
  readonly error: unknown
}

/** What a promise comes to, told instead of thrown. */
function outcomeOf<Result>(promise: Promise<Result>): Promise<Outcome<Result>> {
  return promise.then(
    (result) => ({ result, error: undefined }),
    (error: unknown) => ({ result: undefined, error: error ?? new Violation('it failed with nothing') }),
  )
}

/** Waits until an append has stopped where it is to be held up, and fails where it has not. */
async function reached(hold: Hold, outcome: Promise<Outcome<unknown>>): Promise<void> {
  await Promise.race([hold.reached, outcome])
  const ended = await soon(outcome)
  verify(!ended, 'an append that is held should not end before it is released: does the fixture hold it?')
}

/**
 * Waits for an outcome that may rightly not come before something else is released, such as that of an append in a store
 * with one writer at a time. Resolves to whether it has come. Where a store is slower, the rule proves less, but does
 * not fail.
 */
async function soon(outcome: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      resolve(false)
    }, SOON)
  })
  const come = await Promise.race([outcome.then(() => true), late])
  clearTimeout(timer)
  return come
}

/** In milliseconds. */
const SOON = 25

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
      'an append whose answers are all lost is reported as unknown, with the id under which it can be repeated',
    why: 'A caller that gets a raw error of the driver takes the append for failed, and sends another one.',
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      const { store, other, faults } = await open(fixture)
      for (const commitId of [undefined, 'given']) {
        const target = stream(`out of reach ${commitId ?? 'without id'}`)
        const append = [to(target, notes(2), 0)]
        await faults.cut(store, 'after', Infinity)
        const what = 'an append whose answers are all lost'
        const error = await verifyRejects(store.append(append, { commitId }), 'APPEND_OUTCOME_UNKNOWN', what)
        if (commitId !== undefined) verifyEqual(error.commitId, commitId, 'the id of an unknown outcome')
        await other.append(append, { commitId: error.commitId })
        verifyEqual(await numbers(other.readStream(target)), [1, 2], 'the stream once it was repeated')
        await faults.cut(store, 'after', 0)
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
      const hold = await faults.holdUp(store, 'sent')
      const held = outcomeOf(store.append(append, { commitId: 'c' }))
      await reached(hold, held)
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
      for (const at of ['sent', 'placed'] as const) {
        const target = stream(`aborted when ${at}`)
        const append = [to(target, notes(2), 0)]
        const controller = new AbortController()
        const reason = new Error('enough')
        const hold = await faults.holdUp(store, at)
        const appending = outcomeOf(store.append(append, { signal: controller.signal, commitId: 'c' }))
        await reached(hold, appending)
        controller.abort(reason)
        await hold.release()
        const { error } = await appending
        const stored = await numbers(other.readStream(target))
        if (error === reason) {
          verifyEqual(stored, [], 'the stream after an append that was reported as aborted')
        } else if (error === undefined) {
          verifyEqual(stored, [1, 2], 'the stream after an append that was acknowledged')
        } else {
          verify(hasCode(error, 'APPEND_OUTCOME_UNKNOWN'), unknownOutcome('that is aborted in flight', error))
          await other.append(append, { commitId: error.commitId })
          verifyEqual(
            await numbers(other.readStream(target)),
            [1, 2],
            'the stream once the append was repeated',
          )
        }
      }
    },
  },
  {
    id: 'fault/stalled-positions',
    title: 'whoever has read beyond the positions of an append that stalls never finds it there later',
    why: 'One slow writer is enough for a read model to pass over what it commits.',
    level: 'must',
    needs: ['faults'],
    run: async (fixture) => {
      const { store, other, faults } = await open(fixture)
      const reader = await fixture.connect()
      for (const round of oneTo(3)) {
        const hold = await faults.holdUp(store, 'placed')
        const stalled = outcomeOf(store.append([to(stream(`slow ${round}`), notes(2), 0)]))
        await reached(hold, stalled)
        const beside = outcomeOf(other.append([to(stream(`fast ${round}`), notes(1), 0)]))
        await soon(beside)
        const head = await reader.head()
        const seen = await collect(reader.readAll())
        const last = Math.max(head, seen.at(-1)?.position ?? 0)
        await hold.release()
        for (const { error } of await Promise.all([stalled, beside])) {
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

/** Waits until an append has stopped where it is to be held up. */
async function reached(hold: Hold, outcome: Promise<Outcome<unknown>>): Promise<void> {
  const first = await Promise.race([hold.reached, outcome])
  verify(
    first === undefined,
    'an append that is held up should not end before it is released: does holdUp work?',
  )
}

/**
 * Waits for an outcome that may rightly not come before something else is released, such as that of an append in a store
 * with one writer at a time. Where it takes longer than this, the rule proves less, but does not fail.
 */
async function soon(outcome: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, SOON)
  })
  await Promise.race([outcome, late])
  clearTimeout(timer)
}

/** In milliseconds. */
const SOON = 100

import { expect, test } from '@jest/globals'
import { type DomainEvent, type EventStore, hasCode, type StreamId } from '@eventmill/core'
import { everySchedule, type Race } from '@eventmill/testing'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { run } from '../src/race.ts'

test('of the schedules of any race, those are tried that lead to different outcomes, each once', async () => {
  let begun = 0
  let counted = 0
  await fc.assert(
    fc.asyncProperty(programs, fc.boolean(), async (programs, lostAnswers) => {
      const all = raceOf(programs, lostAnswers)
      fc.pre(await tryAll(all.race, 120))
      const few = raceOf(programs, lostAnswers)
      const tried = await everySchedule(few.race)
      expect([...few.outcomes.keys()].sort()).toEqual([...all.outcomes.keys()].sort())
      expect(tried).toEqual({ schedules: all.outcomes.size, all: true })
      begun += [...few.outcomes.values()].reduce((sum, times) => sum + times)
      counted += tried.schedules
    }),
    { numRuns: 60 },
  )
  // Some turn out, on their way, to be like others before.
  expect(begun).toBeLessThan(1.7 * counted)
}, 60_000)

/** What a command does, one call after the other. */
type Program = readonly Call[]
type Call =
  | { readonly read: string }
  | { readonly log: 'events' | 'head' }
  | { readonly find: string; readonly commitId: string }
  | { readonly atOnce: readonly Program[] }
  | Append

interface Append {
  readonly to: readonly string[]
  readonly check: readonly string[]
  /** Whether the first stream must be where it was when it was read. */
  readonly asRead: boolean
  readonly commitId: string | undefined
}

const stream = fc.constantFrom('x', 'y', 'z')
const append: fc.Arbitrary<Call> = fc
  .record({
    to: fc.array(stream, { maxLength: 2 }),
    check: fc.array(stream, { maxLength: 1 }),
    asRead: fc.boolean(),
    commitId: fc.constantFrom(undefined, undefined, 'c', 'd'),
  })
  .filter(({ to, check }) => to.length + check.length > 0)
const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ read: stream }) },
  { weight: 4, arbitrary: append },
  { weight: 1, arbitrary: fc.record({ log: fc.constantFrom('events', 'head') }) },
  { weight: 1, arbitrary: fc.record({ find: stream, commitId: fc.constantFrom('c', 'd') }) },
)
const part = fc.array(call, { minLength: 1, maxLength: 2 })
const atOnce = fc.record({ atOnce: fc.tuple(part, part) })
const calls = fc.oneof({ weight: 4, arbitrary: call }, { weight: 1, arbitrary: atOnce })
const programOf = (most: number) => fc.array(calls, { minLength: 1, maxLength: most })
const programs = fc.oneof(
  fc.tuple(programOf(3), programOf(3)),
  fc.tuple(programOf(2), programOf(2), programOf(1)),
)

/** Tries every schedule, in whatever order the steps are. Resolves to whether there are no more than so many. */
async function tryAll(race: Race, most: number): Promise<boolean> {
  let path: readonly { readonly index: number; readonly last: number }[] = []
  for (let schedules = 0; schedules < most; schedules++) {
    const taken: { readonly index: number; readonly last: number }[] = []
    const { store, outcomes } = await run(race, (choices) => {
      const index = path[taken.length]?.index ?? 0
      taken.push({ index, last: choices.length - 1 })
      return index
    })
    await race.check(store, outcomes)
    const turning = taken.findLastIndex(({ index, last }) => index < last)
    const fork = taken[turning]
    if (fork === undefined) return true
    path = [...taken.slice(0, turning), { ...fork, index: fork.index + 1 }]
  }
  return false
}

/** A race of programs, and how often it has had each outcome. */
function raceOf(programs: readonly Program[], lostAnswers: boolean) {
  const outcomes = new Map<string, number>()
  let base: EventStore = new InMemoryStore()
  const race: Race = {
    prepare: () => (base = new InMemoryStore()),
    commands: programs.map((program, index) => (store) => {
      // Where answers are lost, who appends what others append as well could not tell whose it was.
      const name = lostAnswers ? `${index}` : 'anyone'
      return follow(program, { name, store, base, generations: new Map() })
    }),
    check: async (store, told) => {
      for (const one of told) if (one.status === 'rejected') throw one.reason as Error
      const log = await Array.fromAsync(store.readAll())
      const outcome = JSON.stringify([told, log.map(({ aggregateId, data }) => [aggregateId, data])])
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    },
    lostAnswers,
  }
  return { race, outcomes }
}

interface Follower {
  readonly name: string
  readonly store: EventStore
  /** The store itself, which answers out of turn. */
  readonly base: EventStore
  /** Where streams were when they were read last. */
  readonly generations: ReadonlyMap<string, number>
}

/** Resolves to all that the calls of a program were told. */
async function follow(program: Program, follower: Follower): Promise<unknown> {
  const told: unknown[] = []
  const generations = new Map(follower.generations)
  for (const call of program) {
    if ('read' in call) {
      const positions = await positionsOf(follower.store.readStream(streamOf(call.read)))
      generations.set(call.read, positions.length)
      told.push(positions)
    } else told.push(await answerTo(call, { ...follower, generations }))
  }
  return told
}

async function answerTo(
  call: Exclude<Call, { readonly read: string }>,
  follower: Follower,
): Promise<unknown> {
  const { store } = follower
  if ('atOnce' in call) return Promise.all(call.atOnce.map((part) => follow(part, follower)))
  if ('find' in call) return (await store.findCommit(streamOf(call.find), call.commitId))?.generations
  if ('log' in call) return call.log === 'head' ? store.head() : positionsOf(store.readAll())
  return answersToAppend(call, follower)
}

/** Appends, and again where the answer is lost. */
async function answersToAppend(
  { to, check, asRead, commitId }: Append,
  { name, store, base, generations }: Follower,
): Promise<unknown> {
  const ids = [...new Set([...check, ...to])]
  const appends = ids.map((id, index) => ({
    stream: streamOf(id),
    expected: asRead && index === 0 ? (generations.get(id) ?? 0) : ('any' as const),
    events: to.includes(id) ? [{ source: 'urn:x:notes', type: 'Noted', version: 1, data: name }] : [],
  }))
  /** What an append saw that its answer does not tell. */
  const seen = async (id: string | undefined) => {
    const [first = ''] = ids
    const commit = id === undefined ? undefined : await base.findCommit(streamOf(first), id)
    return commit?.generations ?? Promise.all(ids.map((id) => positionsOf(base.readStream(streamOf(id)))))
  }
  const told: unknown[] = []
  for (let id = commitId; ;) {
    try {
      const { events, generations, repeated } = await store.append(appends, { commitId: id })
      return [...told, events.map(({ position }) => position), generations, repeated]
    } catch (error) {
      const isLost = hasCode(error, 'APPEND_OUTCOME_UNKNOWN')
      if (isLost) id = error.commitId
      told.push((error as { code: string }).code, await seen(id))
      if (!isLost) return told
    }
  }
}

function streamOf(aggregateId: string): StreamId {
  return { aggregateType: 'Note', aggregateId }
}

async function positionsOf(events: AsyncIterable<DomainEvent>): Promise<readonly number[]> {
  return (await Array.fromAsync(events)).map(({ position }) => position)
}

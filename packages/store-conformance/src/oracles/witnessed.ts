import { type DomainEvent, type EventStore, type ExpectedGeneration, hasCode } from '@eventmill/core'
import { type Random } from '../random.ts'
import { type Fixture } from '../rule.ts'
import { verify, verifyEqual } from '../verify.ts'
import { collect, source, stream } from '../workload.ts'

/** What an event tells of the append that brought it: enough to judge, from the log alone, whether that was legal. */
export interface Testimony {
  /** Names the append. */
  readonly append: string
  /** What was expected of each stream of the append, those that got no event included. */
  readonly expected: readonly { readonly stream: string; readonly generation: ExpectedGeneration }[]
  /** How many events this stream got, and which of them this one is, from 0. */
  readonly events: number
  readonly index: number
}

/** What writers did, as they were told by the store. */
export interface Deeds {
  readonly acknowledged: Set<string>
  readonly rejected: Set<string>
}

/** Nothing done yet. */
export function noDeeds(): Deeds {
  return { acknowledged: new Set(), rejected: new Set() }
}

export interface WriteOptions {
  readonly random: Random
  /** How many appends. */
  readonly appends: number
  /** Whether an append may be to up to three streams. Otherwise it is to one. */
  readonly several: boolean
  readonly deeds: Deeds
  /** Stalls, holds up or cuts one append in four, as far as the fixture can. Default: none. */
  readonly trouble?: Trouble | undefined
  /** Whether one append in eight is aborted on its way. Default false. */
  readonly aborts?: boolean | undefined
}

/** The back doors by which appends get into trouble. */
export type Trouble = Pick<Fixture, 'faults' | 'stall'>

/**
 * Appends in a loop to some streams, each time reading first what it then expects, or expecting less.
 */
export async function write(
  store: EventStore,
  writer: string,
  { random, appends, several, deeds, trouble = {}, aborts = false }: WriteOptions,
): Promise<void> {
  for (let n = 0; n < appends; n++) {
    const append = `${writer}-${n}`
    const ids = choose(random, several ? 1 + random.below(3) : 1)
    const expected = await Promise.all(
      ids.map(async (id) => ({ stream: id, generation: await expectation(store, id, random) })),
    )
    const counts = expected.map((_, index) => (index === 0 ? 1 + random.below(3) : random.below(3)))
    const streams = expected.map(({ stream: id, generation }, index) => ({
      stream: stream(id),
      expected: generation,
      events: Array.from({ length: counts[index] ?? 0 }, (_, position) => ({
        source,
        type: random.of('Odd', 'Even'),
        version: 1,
        data: { append, expected, events: counts[index] ?? 0, index: position } satisfies Testimony,
      })),
    }))
    const controller = new AbortController()
    const options = aborts ? { signal: controller.signal } : {}
    try {
      const appending = troubled(store, random, trouble, () => store.append(streams, options))
      if (aborts && random.below(8) === 0) await abortSoon(controller, appending, random)
      await appending
      deeds.acknowledged.add(append)
    } catch (error) {
      const stored = await becameOf(error, (commitId) => store.append(streams, { commitId }))
      if (stored) deeds.acknowledged.add(append)
      else deeds.rejected.add(append)
    }
  }
}

/** Whether an append was stored after all. An unknown outcome is learned by repeating the append under its id. */
async function becameOf(error: unknown, repeat: (commitId: string) => Promise<unknown>): Promise<boolean> {
  if (hasCode(error, 'GENERATION_CONFLICT') || error === ABORTED) return false
  if (!hasCode(error, 'APPEND_OUTCOME_UNKNOWN')) throw error
  try {
    await repeat(error.commitId)
    return true
  } catch (again) {
    return becameOf(again, repeat)
  }
}

/**
 * Judges a log by what its events testify: every append stands whole, in its order, and met its expectations at the
 * place where it stands; every acknowledged append is there once, and no rejected one.
 */
export function judge(log: readonly DomainEvent[], { acknowledged, rejected }: Deeds): void {
  const generations = new Map<string, number>()
  const seen = new Map<string, DomainEvent[]>()
  for (const event of log) {
    const { append, expected } = event.data as Testimony
    const before = seen.get(append) ?? []
    if (before.length === 0) {
      for (const { stream: id, generation } of expected) {
        const actual = generations.get(id) ?? 0
        const met = generation === 'any' || (generation === 'exists' ? actual > 0 : generation === actual)
        verify(
          met,
          `the append ${append} expected ${generation} of ${id}, which stood at ${actual}, and was stored`,
        )
      }
    }
    const generation = (generations.get(event.aggregateId) ?? 0) + 1
    verifyEqual(
      event.sequence,
      generation,
      `the sequence of an event of ${event.aggregateId}, along the log,`,
    )
    generations.set(event.aggregateId, generation)
    seen.set(append, [...before, event])
  }
  for (const [append, events] of seen) {
    verify(!rejected.has(append), `the append ${append} was rejected, but stands in the log`)
    verify(acknowledged.has(append), `the append ${append} was never acknowledged, but stands in the log`)
    for (const id of new Set(events.map(({ aggregateId }) => aggregateId))) {
      const own = events.filter(({ aggregateId }) => aggregateId === id).map(({ data }) => data as Testimony)
      verifyEqual(
        own.map(({ index }) => index),
        Array.from({ length: own[0]?.events ?? 0 }, (_, index) => index),
        `the events of the append ${append} to ${id}`,
      )
    }
  }
  for (const append of acknowledged) {
    verify(seen.has(append), `the append ${append} was acknowledged, but is lost`)
  }
}

/** Reads the whole log of a store. */
export function readLog(store: EventStore): Promise<readonly DomainEvent[]> {
  return collect(store.readAll())
}

/** Appends with some trouble on the way: stalled or held up while others go on, or cut off. */
async function troubled(
  store: EventStore,
  random: Random,
  { faults, stall }: Trouble,
  append: () => Promise<unknown>,
): Promise<void> {
  const kind = random.of('none', 'none', 'none', 'none', 'none', 'cut', 'hold', 'stall')
  if (kind === 'cut') await faults?.cut(store, random.of('before', 'during', 'after'), 1)
  const hold =
    kind === 'hold' ? await faults?.holdUp(store) : kind === 'stall' ? await stall?.(store) : undefined
  if (hold === undefined) {
    await append()
    return
  }
  const appending = append()
  // It may fail before it is waited for: a store that looks at the generation first need not send anything.
  appending.catch(() => undefined)
  await someTurns(random)
  await hold.release()
  await appending
}

/** The reason of the writers that change their minds. */
const ABORTED = new Error('the writer has changed its mind')

async function abortSoon(
  controller: AbortController,
  appending: Promise<void>,
  random: Random,
): Promise<void> {
  appending.catch(() => undefined)
  if (random.below(2) === 0) await Promise.resolve()
  else await someTurns(random)
  controller.abort(ABORTED)
}

async function someTurns(random: Random): Promise<void> {
  for (let turns = random.below(5); turns >= 0; turns--) await new Promise((resolve) => setTimeout(resolve))
}

async function expectation(store: EventStore, id: string, random: Random): Promise<ExpectedGeneration> {
  const kind = random.below(8)
  if (kind === 0) return 'any'
  if (kind === 1) return 'exists'
  const [last] = await collect(store.readStream(stream(id), { backwards: true, limit: 1 }))
  return last?.sequence ?? 0
}

/** So many of four streams, in any order. */
function choose(random: Random, count: number): readonly string[] {
  const ids = ['a', 'b', 'c', 'd']
  return Array.from({ length: count }, () => ids.splice(random.below(ids.length), 1)[0] ?? 'a')
}

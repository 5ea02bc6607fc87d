import { invalidArgument } from '@eventmill/core/adapter'
import { checkRace, judge, type Race, run } from './race.ts'
import { type Step, type Turn, withLastSteps } from './steps.ts'

/** What was tried. */
export interface Tried {
  /** How many schedules were tried, those that were drawn at random included. */
  readonly schedules: number
  /** Whether there are no others. */
  readonly all: boolean
}

/**
 * Tries every order in which racing commands may ask their store, and throws where the check does, with the schedule: a
 * list that can be tried again by itself. Commands take the same steps whenever they are run in the same order, do not wait
 * for each other, and await all that they begin.
 *
 * Throws `ARGUMENT_INVALID` for what is no race, and for a `schedule` that the commands cannot take.
 */
export async function everySchedule(race: Race): Promise<Tried> {
  checkRace(race)
  const { schedule, limit = 1_000, seed = Math.floor(Math.random() * 2 ** 32) } = race
  if (schedule !== undefined) {
    await tryByHand(race, schedule)
    return { schedules: 1, all: false }
  }
  let path: Path | undefined = []
  for (let schedules = 0; schedules < limit; schedules++) {
    path = await tryPath(race, path)
    if (path === undefined) return { schedules: schedules + 1, all: true }
  }
  await tryAtRandom(race, limit, randomNumbers(seed))
  return { schedules: 2 * limit, all: false }
}

/** Where a schedule could have gone on in several ways, and which way it goes. */
interface Fork {
  readonly turns: readonly Turn[]
  readonly index: number
}

type Path = readonly Fork[]

/** Tries a path of choices, and then always the first. Resolves to the path after it, if there is one. */
async function tryPath(race: Race, path: Path): Promise<Path | undefined> {
  const taken: Fork[] = []
  const ran = await run(race, (turns, steps) => {
    const fork = path[steps.length] ?? { turns, index: 0 }
    if (turns.join() !== fork.turns.join()) throw otherSteps(path, steps, turns)
    taken.push(fork)
    return fork.index
  })
  if (taken.length < path.length) throw otherSteps(path, ran.steps)
  await judge(race, ran)
  const turning = taken.findLastIndex(({ turns, index }) => index + 1 < turns.length)
  const fork = taken[turning]
  return fork && [...taken.slice(0, turning), { ...fork, index: fork.index + 1 }]
}

/** The commands do not go the way that they went when the path was found: there is no telling what else is there to try. */
function otherSteps(path: Path, steps: readonly Step[], turns: readonly Turn[] = []): Error {
  const { length } = steps
  const before = path[length]?.turns ?? []
  const now = turns.length === 0 ? 'none is left' : `it is that of ${anyOf(turns)}`
  const message = 'the commands took other steps than before: they must be deterministic'
  return new Error(
    withLastSteps(`${message}. Step ${length + 1} was that of ${anyOf(before)}, now ${now}`, steps),
  )
}

/** Tries one schedule. Throws `ARGUMENT_INVALID`, with the steps so far, where the commands cannot take those that come. */
async function tryByHand(race: Race, schedule: readonly Turn[]): Promise<void> {
  const refused = (wanted: string, steps: readonly Step[]) =>
    invalidArgument('race.schedule', withLastSteps(wanted, steps))
  const ran = await run(race, (turns, steps) => {
    const { length } = steps
    const next = anyOf(turns)
    const wanted = schedule[length]
    if (wanted === undefined) throw refused(`longer: step ${length + 1} is that of ${next}`, steps)
    const index = turns.map(String).indexOf(String(wanted))
    if (index >= 0) return index
    throw refused(`one in which step ${length + 1} is that of ${next}, not of ${wanted}`, steps)
  })
  const { length } = ran.steps
  if (length < schedule.length) {
    throw refused(`shorter: every command has ended after step ${length}`, ran.steps)
  }
  await judge(race, ran)
}

async function tryAtRandom(race: Race, times: number, random: () => number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const ran = await run(race, (turns) => Math.floor(random() * turns.length))
    await judge(race, ran)
  }
}

function anyOf(turns: readonly Turn[]): string {
  return `command ${turns.join(' or ')}`
}

/** Numbers from 0 to 1 that a seed determines (xorshift, G. Marsaglia, Journal of Statistical Software 8, 2003). */
function randomNumbers(seed: number): () => number {
  let state = (seed ^ 0x5eed) | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

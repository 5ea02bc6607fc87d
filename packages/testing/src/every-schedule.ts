import { type EventStore } from '@eventmill/core'
import { checkInteger, checkKeys, invalidArgument, messageOf } from '@eventmill/core/adapter'
import { type Choice, linesOf, Schedule, scheduledStore, type Step } from './schedule.ts'

/** Racing work, and what must hold after it, however it was interleaved. */
export interface Race {
  /** A fresh store for each schedule, with what has happened before. */
  readonly prepare: () => EventStore | Promise<EventStore>
  /** What races: each with a store of its own, as if it were another process. Its errors are outcomes. */
  readonly commands: readonly ((store: EventStore) => Promise<unknown>)[]
  /** Throws, or returns `false`, where something is wrong after all of them are over. */
  readonly check: (store: EventStore, outcomes: readonly PromiseSettledResult<unknown>[]) => unknown
  /** Tries this schedule alone: who takes which step, as an error shows it. */
  readonly schedule?: readonly Choice[] | undefined
  /** So many schedules are tried one after the other; where there are more, as many are drawn at random. Default 1,000. */
  readonly limit?: number | undefined
  /** What the random schedules are drawn from. Default: another one each time. */
  readonly seed?: number | undefined
}

/** What was tried. */
export interface Tried {
  readonly schedules: number
  /** Whether there are no others. */
  readonly all: boolean
}

/**
 * Tries every order in which racing commands may ask their store, and throws where the check does, with the schedule: a
 * list that can be tried again by itself. Commands are deterministic, and do not wait for each other. Throws
 * `ARGUMENT_INVALID` for a `schedule` that the commands cannot take.
 */
export async function everySchedule(race: Race): Promise<Tried> {
  const { schedule, limit = 1_000, seed = Math.floor(Math.random() * 2 ** 32) } = race
  checkKeys(race, KEYS, 'race')
  if (!Array.isArray(race.commands) || race.commands.length === 0) {
    throw invalidArgument('race.commands', 'a list of functions', race.commands)
  }
  checkInteger(limit, 1, 'limit')
  checkInteger(seed, 0, 'seed')
  if (schedule !== undefined) {
    await tryByHand(race, schedule)
    return { schedules: 1, all: false }
  }
  let path: readonly number[] | undefined = []
  for (let schedules = 0; schedules < limit; schedules++) {
    path = await tryPath(race, path)
    if (path === undefined) return { schedules: schedules + 1, all: true }
  }
  const random = randomNumbers(seed)
  for (let schedules = 0; schedules < limit; schedules++) {
    await judge(race, await run(race, (choices) => choices[Math.floor(random() * choices.length)] ?? 1))
  }
  return { schedules: 2 * limit, all: false }
}

/** Tries a path of choices, and then always the first. Resolves to the path after it, if there is one. */
async function tryPath(race: Race, path: readonly number[]): Promise<readonly number[] | undefined> {
  const taken: number[] = []
  const choices: number[] = []
  const ran = await run(race, (waiting, steps) => {
    const place = path[steps.length] ?? 0
    const choice = waiting[place]
    if (choice === undefined) throw takenOtherwise(steps)
    taken.push(place)
    choices.push(waiting.length)
    return choice
  })
  await judge(race, ran)
  const turning = taken.findLastIndex((choice, depth) => choice + 1 < (choices[depth] ?? 0))
  return turning < 0 ? undefined : [...taken.slice(0, turning), (taken[turning] ?? 0) + 1]
}

/** Tries one schedule. Throws `ARGUMENT_INVALID`, with the steps so far, where the commands cannot take those that come. */
async function tryByHand(race: Race, schedule: readonly Choice[]): Promise<void> {
  const refused = (wanted: string, steps: readonly Step[]) =>
    invalidArgument('schedule', [wanted, ...linesOf(steps)].join('\n'))
  const ran = await run(race, (waiting, steps) => {
    const { length } = steps
    const next = `command ${waiting.join(' or ')}`
    const choice = schedule[length]
    if (choice === undefined) throw refused(`longer: step ${length + 1} is that of ${next}`, steps)
    if (waiting.includes(choice)) return choice
    throw refused(`one in which step ${length + 1} is that of ${next}, not of ${choice}`, steps)
  })
  const { length } = ran.steps
  if (length < schedule.length) {
    throw refused(`shorter: every command has ended after step ${length}`, ran.steps)
  }
  await judge(race, ran)
}

/** What came of one schedule. */
interface Ran {
  readonly store: EventStore
  readonly steps: readonly Step[]
  readonly outcomes: readonly PromiseSettledResult<unknown>[]
}

async function run(
  { prepare, commands }: Race,
  choose: (choices: readonly Choice[], steps: readonly Step[]) => Choice,
): Promise<Ran> {
  const store = await prepare()
  const schedule = new Schedule()
  const racing = commands.map((command, index) => () => command(scheduledStore(store, index + 1, schedule)))
  const outcomes = await schedule.run(racing, (waiting) => choose(waiting, schedule.steps))
  return { store, steps: schedule.steps, outcomes }
}

async function judge({ check }: Race, { store, steps, outcomes }: Ran): Promise<void> {
  try {
    if ((await check(store, outcomes)) === false) throw new Error('it returns false')
  } catch (error) {
    const choices = `[${steps.map(({ choice }) => (typeof choice === 'string' ? `'${choice}'` : choice)).join(', ')}]`
    const ends = outcomes.map((outcome, index) => `  ${index + 1} ${endOf(outcome)}`)
    throw new Error(
      `the check fails with schedule ${choices}: ${toldOf(error)}\n${[...linesOf(steps), ...ends].join('\n')}`,
      { cause: error },
    )
  }
}

function takenOtherwise(steps: readonly Step[]): Error {
  const what =
    'the commands have taken other steps than before: they have to be deterministic, and to remember nothing'
  return new Error([what, ...linesOf(steps)].join('\n'))
}

const KEYS = new Set(['prepare', 'commands', 'check', 'schedule', 'limit', 'seed'])

function endOf(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === 'fulfilled' ? 'succeeds' : `fails: ${messageOf(outcome.reason)}`
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

function toldOf(error: unknown): string {
  return error instanceof Error || typeof error !== 'object' ? messageOf(error) : JSON.stringify(error)
}

import { type EventStore } from '@eventmill/core'
import { checkInteger, checkKeys, invalidArgument } from '@eventmill/core/adapter'
import { assertBy } from './assertion.ts'
import { type Choose, Schedule, type StepTaken } from './schedule.ts'
import { scheduledStore } from './scheduled-store.ts'
import { shown } from './shown.ts'
import { linesOf, scheduleOf, type Turn } from './steps.ts'

/** Racing work, and what must hold after it, however it was interleaved. */
export interface Race {
  /** A fresh store for each schedule, with what has happened before. */
  readonly prepare: () => EventStore | Promise<EventStore>
  /** What races: each with a store of its own, as another process would have. Its errors are outcomes. */
  readonly commands: readonly ((store: EventStore) => Promise<unknown>)[]
  /** Throws where something is wrong after all of them are over. */
  readonly check: (
    store: EventStore,
    outcomes: readonly PromiseSettledResult<unknown>[],
  ) => void | Promise<void>
  /** Whether answers to appends get lost as well: one of each command at most. Default false. */
  readonly lostAnswers?: boolean | undefined
  /** Tries this schedule alone: whose turn it is, step by step, as the error of a check tells it. */
  readonly schedule?: readonly Turn[] | undefined
  /**
   * So many schedules are tried in order, which is all of them where the race is small. Where there are more, as many
   * again are drawn at random: twice the limit in all. Default 1,000.
   */
  readonly limit?: number | undefined
  /** What the random schedules are drawn from. Default: another one each time. */
  readonly seed?: number | undefined
}

const KEYS = new Set(['prepare', 'commands', 'check', 'lostAnswers', 'schedule', 'limit', 'seed'])

/** Throws `ARGUMENT_INVALID` for what is no race. */
export function checkRace(race: Race): void {
  checkKeys(race, KEYS, 'race')
  const { prepare, commands, check, lostAnswers = false, schedule = [], limit = 1, seed = 0 } = race
  if (typeof prepare !== 'function') throw invalidArgument('race.prepare', 'a function', prepare)
  if (!Array.isArray(commands) || commands.length === 0) {
    throw invalidArgument('race.commands', 'a list of at least one function', commands)
  }
  commands.forEach((command: unknown, index) => {
    if (typeof command !== 'function') {
      throw invalidArgument(`race.commands[${index}]`, 'a function', command)
    }
  })
  if (typeof check !== 'function') throw invalidArgument('race.check', 'a function', check)
  if (typeof lostAnswers !== 'boolean') throw invalidArgument('race.lostAnswers', 'a boolean', lostAnswers)
  if (!Array.isArray(schedule)) throw invalidArgument('race.schedule', 'a list of turns', schedule)
  checkInteger(limit, 1, 'race.limit')
  checkInteger(seed, 0, 'race.seed')
}

/** What was tried. */
export interface Tried {
  /**
   * How many schedules were tried, those that were drawn at random included. Of those that differ only in the order of steps
   * that do not touch each other, one counts.
   */
  readonly schedules: number
  /** Whether there are no others. */
  readonly all: boolean
}

/** What came of one schedule. */
export interface Ran {
  readonly store: EventStore
  readonly steps: readonly StepTaken[]
  readonly outcomes: readonly PromiseSettledResult<unknown>[]
}

/** Runs the commands of a race in one schedule. */
export async function run({ prepare, commands, lostAnswers = false }: Race, choose: Choose): Promise<Ran> {
  const store = await prepare()
  const schedule = new Schedule(lostAnswers)
  const racing = commands.map((command, index) => () => command(scheduledStore(store, index + 1, schedule)))
  const outcomes = await schedule.run(racing, choose)
  return { store, steps: schedule.steps, outcomes }
}

/** Checks what came of a schedule. Throws what is wrong, with the schedule. */
export async function judge({ check }: Race, { store, steps, outcomes }: Ran): Promise<void> {
  try {
    await assertBy('race.check', check, store, outcomes)
  } catch (error) {
    const ends = outcomes.map((outcome, index) => `  ${index + 1} ${endOf(outcome)}`)
    throw new Error(
      `the check fails with schedule ${scheduleOf(steps)}: ${reasonOf(error)}\n${[...linesOf(steps), ...ends].join('\n')}`,
      { cause: error },
    )
  }
}

function endOf(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === 'fulfilled' ? 'succeeds' : `fails: ${reasonOf(outcome.reason)}`
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : shown(error)
}

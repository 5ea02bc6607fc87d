import { invalidArgument } from '@eventmill/core/adapter'
import { explore } from './exploration.ts'
import { checkRace, judge, type Race, run, type Tried } from './race.ts'
import { anyOf, type Step, type Turn, withLastSteps } from './steps.ts'

/**
 * Tries every order in which racing commands may ask their store, and throws where the check does, with the schedule: a
 * list that can be tried again by itself. Steps that do not touch each other, as two reads, or a read of one stream and an
 * append to another, are tried in one order.
 *
 * Commands take the same steps whenever they are run in the same order, share nothing but the store, do not wait for each
 * other, await all that they begin, and do not go by which of several answers comes first.
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
  const tried = await explore(race, limit)
  if (tried.all) return tried
  await tryAtRandom(race, limit, randomNumbers(seed))
  return { schedules: 2 * limit, all: false }
}

/** Tries one schedule. Throws `ARGUMENT_INVALID`, with the steps so far, where the commands cannot take those that come. */
async function tryByHand(race: Race, schedule: readonly Turn[]): Promise<void> {
  const refused = (wanted: string, steps: readonly Step[]) =>
    invalidArgument('race.schedule', withLastSteps(wanted, steps))
  const ran = await run(race, (choices, steps) => {
    const turns = choices.map(({ turn }) => turn)
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
    const ran = await run(race, (choices) => Math.floor(random() * choices.length))
    await judge(race, ran)
  }
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

import { setTimeout } from 'node:timers/promises'
import { inTime } from './author.ts'
import { FAULTS, type World } from './faults.ts'

/** So many faults go on at a time. */
const LANES = 3
/** In milliseconds: a fault that takes longer hangs. */
const LONGEST = 150_000
/** The heavier faults come more seldom: of so many times that their turn comes, once. */
const SELDOM: { readonly [name: string]: number } = { 'kill-server': 15, 'full-queue': 5, 'terminate-any': 4 }

/** Does one fault after the other, some at a time, until it is stopped and all are over. Counts them by name. */
export async function mischief(
  world: World,
  names: readonly string[],
  stopped: AbortSignal,
  counts: { [name: string]: number },
): Promise<void> {
  const { random, deeds } = world
  /** Of those that cannot be done twice at a time. */
  let killing: Promise<void> | undefined
  const once = async (name: string) => {
    if (random.below(SELDOM[name] ?? 1) > 0) return
    counts[name] = (counts[name] ?? 0) + 1
    const fault = FAULTS[name]?.(world)
    if (name === 'kill-server') killing = fault
    try {
      await inTime(fault ?? Promise.resolve(), LONGEST)
    } catch (error) {
      // Faults meet each other: what needs the database fails with it.
      if (!isOfTheDriver(error)) deeds.found(`the fault ${name} fails with ${String(error)}`)
    } finally {
      if (name === 'kill-server') killing = undefined
    }
  }
  const lane = async () => {
    while (!stopped.aborted) {
      await setTimeout(random.below(1_500))
      const name = names[random.below(names.length)] ?? ''
      if (name !== 'kill-server' || killing === undefined) await once(name)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

/** Whether an error tells of a lost connection, as `pg`, the network or a store within a transaction put it. */
function isOfTheDriver(error: unknown): boolean {
  const code = String((error as { readonly code?: unknown }).code)
  return (
    /^(57P0|08|ECONN|EPIPE|APPEND_OUTCOME_UNKNOWN|STORE_UNREACHABLE)/.test(code) ||
    /Connection terminated|not queryable/.test(String(error))
  )
}

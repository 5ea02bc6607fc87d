import { clash, type Footprint } from './footprint.ts'
import { judge, type Race, run, type Tried } from './race.ts'
import { type Choice, type StepTaken } from './schedule.ts'
import { anyOf, type Step, type Turn, withLastSteps } from './steps.ts'

/**
 * Tries the schedules of a race, up to a limit: of those that differ only in the order of steps that do not clash, one, as
 * they all lead to the same.
 *
 * At each fork one call is taken, and the others only if a later step turns out to clash with that one ("Dynamic
 * Partial-Order Reduction for Model Checking Software", C. Flanagan and P. Godefroid, POPL 2005). What was tried there
 * sleeps on the other ways, until a step clashes with it ("Partial-Order Methods for the Verification of Concurrent
 * Systems", P. Godefroid, 1996).
 */
export async function explore(race: Race, limit: number): Promise<Tried> {
  const path: Fork[] = []
  for (let schedules = 0; schedules < limit;) {
    if (await tryPath(race, path)) schedules++
    if (path.length === 0) return { schedules, all: true }
  }
  return { schedules: limit, all: false }
}

/** Where a schedule may go on in several ways. */
interface Fork {
  readonly turns: readonly Turn[]
  /** Those that do not sleep. */
  readonly awake: readonly Turn[]
  /** Those of them that are to be tried. */
  wanted: readonly Turn[]
  /** What those have touched that were tried. The path goes by the first wanted one that was not. */
  readonly tried: Map<Turn, Footprint>
}

/**
 * Tries the schedule at the end of a path, and makes it the path to the next one, without a fork if there is none. Resolves
 * to whether it is a new one: where everything sleeps, it ends as another one did before.
 */
async function tryPath(race: Race, path: Fork[]): Promise<boolean> {
  let asleep: readonly StepTaken[] = []
  const ran = await run(race, (choices, steps) => {
    const last = steps.at(-1)
    asleep = asleep.filter(({ footprint }) => last !== undefined && !clash(footprint, last.footprint))
    const fork = path[steps.length] ?? forkOf(choices, asleep)
    if (steps.length > path.length || fork.awake.length === 0) return 0
    const turns = choices.map(({ turn }) => turn)
    if (turns.join() !== fork.turns.join()) throw otherSteps(path, steps, turns)
    path[steps.length] = fork
    asleep = [...asleep, ...triedBefore(fork, choices)]
    return turns.findIndex((turn) => turn === nextTurn(fork))
  })
  if (ran.steps.length < path.length) throw otherSteps(path, ran.steps)
  await judge(race, ran)
  const isNew = ran.steps.length === path.length
  turnBack(path, ran.steps.slice(0, path.length))
  return isNew
}

function forkOf(choices: readonly Choice[], asleep: readonly StepTaken[]): Fork {
  const awake = choices.filter(({ call }) => !asleep.some((one) => one.call === call))
  const turnsOf = (some: readonly Choice[]) => some.map(({ turn }) => turn)
  return {
    turns: turnsOf(choices),
    awake: turnsOf(awake),
    wanted: turnsOf(awake.filter(({ call }) => call === awake[0]?.call)),
    tried: new Map(),
  }
}

function nextTurn({ wanted, tried }: Fork): Turn | undefined {
  return wanted.find((turn) => !tried.has(turn))
}

function triedBefore({ tried }: Fork, choices: readonly Choice[]): readonly StepTaken[] {
  return choices.flatMap((choice) => {
    const footprint = tried.get(choice.turn)
    return footprint === undefined ? [] : [{ ...choice, footprint }]
  })
}

/** Ends a path at the last fork where something is still to be tried. */
function turnBack(path: Fork[], steps: readonly StepTaken[]): void {
  path.forEach((fork, index) => {
    // Not the rival alone: what that does may depend on what else comes before it.
    if (fork.wanted.length < fork.awake.length && hasRival(steps, index)) fork.wanted = fork.awake
  })
  for (const { turn, footprint } of steps.toReversed()) {
    const fork = path.at(-1)
    fork?.tried.set(turn, footprint)
    if (fork !== undefined && nextTurn(fork) !== undefined) return
    path.pop()
  }
}

/** Whether a step clashes with a later one that might have come first. */
function hasRival(steps: readonly StepTaken[], index: number): boolean {
  const [step, ...later] = steps.slice(index)
  return later.some((one) => step && clash(step.footprint, one.footprint) && !comesFrom(step, one.cause))
}

function comesFrom(step: StepTaken, cause: StepTaken | undefined): boolean {
  return cause !== undefined && (cause === step || comesFrom(step, cause.cause))
}

/** The commands do not go the way that they went when the path was found: there is no telling what else is there to try. */
function otherSteps(path: readonly Fork[], steps: readonly Step[], turns: readonly Turn[] = []): Error {
  const { length } = steps
  const before = path[length]?.turns ?? []
  const now = turns.length === 0 ? 'none is left' : `it is that of ${anyOf(turns)}`
  const message = 'the commands took other steps than before: they must be deterministic'
  return new Error(
    withLastSteps(`${message}. Step ${length + 1} was that of ${anyOf(before)}, now ${now}`, steps),
  )
}

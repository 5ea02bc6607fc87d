import { type Footprint } from './footprint.ts'
import { type Step, type Turn, withLastSteps } from './steps.ts'

/** Says which of several choices comes next, by its index. */
export type Choose = (choices: readonly Choice[], steps: readonly StepTaken[]) => number

/** A call of a store that waits for its turn. */
export interface Call {
  readonly text: string
  /** Resolves when the call is over, whichever way, to what it has touched. */
  readonly begin: () => Promise<Footprint>
  /** Does the work, and fails as if its answer were lost. Absent where that makes no difference. */
  readonly lose?: (() => Promise<Footprint>) | undefined
}

/** What may come next: a call of a command. */
export interface Choice extends Step {
  readonly command: number
  readonly call: Call
  /** The last step of the command when it made the call. */
  readonly cause: StepTaken | undefined
  readonly isLost: boolean
}

/** A step that is over, or under way with nothing touched yet. */
export interface StepTaken extends Choice {
  footprint: Footprint
}

/** A call, and after which step of its command it was made. */
type Waiting = Pick<Choice, 'call' | 'cause'>

/** In milliseconds: so long, in all, a schedule waits for commands that neither ask their store nor end. */
const PATIENCE = 2_000

/** A schedule with more steps than this never ends. */
const MOST_STEPS = 1_000

/** Lets commands take their steps one at a time: each is over before the next one begins. */
export class Schedule {
  readonly steps: StepTaken[] = []
  readonly #lostAnswers: boolean
  /** The calls that wait for their turn, by command. */
  readonly #waiting = new Map<number, readonly Waiting[]>()
  readonly #running = new Set<number>()
  /** The commands that have lost an answer. One each will do, or those that try again would go on for ever. */
  readonly #unlucky = new Set<number>()
  #patience = PATIENCE
  #stir: () => void = () => undefined

  constructor(lostAnswers: boolean) {
    this.#lostAnswers = lostAnswers
  }

  /** Runs commands to their ends. */
  async run(
    commands: readonly (() => Promise<unknown>)[],
    choose: Choose,
  ): Promise<readonly PromiseSettledResult<unknown>[]> {
    const outcomes = commands.map(async (run, index) => {
      const command = index + 1
      this.#running.add(command)
      try {
        return await run()
      } finally {
        this.#running.delete(command)
        this.#stir()
      }
    })
    const ended = Promise.allSettled(outcomes)
    for (;;) {
      await this.#untilAllWait()
      this.#refuseAbandonedCalls()
      if (this.#running.size === 0) return ended
      if (this.steps.length === MOST_STEPS) {
        throw this.#failure(`no end after ${MOST_STEPS} steps: does a command poll, or subscribe?`)
      }
      const choices = this.#choices()
      const index = choose(choices, this.steps)
      const choice = choices[index]
      if (choice === undefined) throw this.#failure(`of ${choices.length} calls, none has the index ${index}`)
      await this.#take(choice)
    }
  }

  /** Adds a call to those of a command that wait. */
  wait(command: number, call: Call): void {
    const cause = this.steps.findLast((step) => step.command === command)
    this.#waiting.set(command, [...this.#callsOf(command), { call, cause }])
    this.#stir()
  }

  async #take(choice: Choice): Promise<void> {
    const { command, call, isLost } = choice
    this.#waiting.set(
      command,
      this.#callsOf(command).filter((other) => other.call !== call),
    )
    const step: StepTaken = { ...choice, footprint: { reads: [], writes: [] } }
    this.steps.push(step)
    if (isLost) this.#unlucky.add(command)
    step.footprint = await (isLost && call.lose ? call.lose() : call.begin())
  }

  #choices(): readonly Choice[] {
    return [...this.#running]
      .sort((a, b) => a - b)
      .flatMap((command) =>
        this.#callsOf(command).flatMap(({ call, cause }, index) => {
          const turn: Turn = index === 0 ? command : `${command}.${index + 1}`
          const choice = { turn, text: call.text, command, call, cause, isLost: false }
          if (!this.#lostAnswers || call.lose === undefined || this.#unlucky.has(command)) return [choice]
          const lost = { turn: `${turn}!`, text: `${call.text}, and the answer is lost`, isLost: true }
          return [choice, { ...choice, ...lost }]
        }),
      )
  }

  /** Resolves when no command goes on by itself any more. */
  async #untilAllWait(): Promise<void> {
    for (;;) {
      // A command may make several calls at once, some of them a few promises later.
      await promisesSettled()
      const stuck = [...this.#running].filter((command) => this.#callsOf(command).length === 0)
      if (stuck.length === 0) return
      const since = performance.now()
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          const message = `command ${stuck.join(' and ')} neither asks its store nor ends, for ${PATIENCE} ms in all: does it wait for another one, or poll?`
          reject(this.#failure(message))
        }, this.#patience)
        this.#stir = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#patience -= performance.now() - since
    }
  }

  /** What nobody waits for would be left undone, and the check would judge too early. */
  #refuseAbandonedCalls(): void {
    for (const [command, [waiting]] of this.#waiting) {
      if (waiting === undefined || this.#running.has(command)) continue
      const message = `command ${command} ended while it still ${waiting.call.text}: await all that it begins, also where a part of it fails`
      throw this.#failure(message)
    }
  }

  #callsOf(command: number): readonly Waiting[] {
    return this.#waiting.get(command) ?? []
  }

  #failure(message: string): Error {
    return new Error(withLastSteps(message, this.steps))
  }
}

/** Resolves when nothing goes on any more that waits for promises alone. A timer would do, but takes a millisecond. */
function promisesSettled(): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

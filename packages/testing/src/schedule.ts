import { type EventStore, type StreamAppend } from '@eventmill/core'
import { streamName } from '@eventmill/core/adapter'

/**
 * Who takes the next step: the number of a command, from 1, which goes on with the first call of its store that it waits for;
 * or, where it waits for several at once, `'1/2'` for the second of them.
 */
export type Choice = number | `${number}/${number}`

/** What one of several commands does with its store. */
export interface Step {
  readonly choice: Choice
  readonly text: string
}

/** In milliseconds: so long a command may do neither, ask its store nor end. Test runners give up a little later. */
const PATIENCE = 2_000
/** A command that takes more steps waits for something that it asks for again and again. */
const MOST_STEPS = 1_000
/** What a command begins at once, it has begun after so many turns of the queue of microtasks. */
const TURNS = 50

/** Lets commands take their steps one at a time: each is over before the next one begins. */
export class Schedule {
  readonly steps: Step[] = []
  /** The calls that wait for their turn, by command: also those of commands that have ended, and did not wait for them. */
  readonly #waiting: Call[][] = []
  readonly #running = new Set<number>()
  #look: (() => void) | undefined

  /** Runs commands to their ends, and all that they ask their stores for. `choose` says whose turn it is. */
  async run(
    commands: readonly (() => Promise<unknown>)[],
    choose: (choices: readonly Choice[]) => Choice,
  ): Promise<readonly PromiseSettledResult<unknown>[]> {
    const outcomes = commands.map(async (run, index) => {
      this.#running.add(index)
      try {
        return await run()
      } finally {
        this.#running.delete(index)
        this.#look?.()
      }
    })
    const ended = Promise.allSettled(outcomes)
    for (;;) {
      await this.#untilAllWait()
      const calls = this.#choices()
      if (calls.size === 0) return ended
      if (this.steps.length === MOST_STEPS) throw this.#endless()
      const choice = choose([...calls.keys()])
      const call = calls.get(choice)
      if (call === undefined) throw new Error(`nothing waits for ${choice}`)
      this.#waiting[call.command]?.splice(call.place, 1)
      this.steps.push({ choice, text: call.text })
      await call.begin()
    }
  }

  /** Does some work of a command when it is its turn. */
  turn<Result>(command: number, text: string, work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const begin = () => work().then(resolve, reject)
      ;(this.#waiting[command - 1] ??= []).push({ text, begin })
      this.#look?.()
    })
  }

  #choices(): ReadonlyMap<Choice, Call & { readonly command: number; readonly place: number }> {
    const all = this.#waiting.flatMap((calls, command) =>
      calls.map((call, place) => {
        const choice: Choice = place === 0 ? command + 1 : `${command + 1}/${place + 1}`
        return [choice, { ...call, command, place }] as const
      }),
    )
    return new Map(all)
  }

  /** Resolves when no command goes on by itself any more. */
  async #untilAllWait(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const stuck = this.#stuck().map((command) => command + 1)
        const what = `command ${stuck.join(' and ')} neither asks its store nor ends, for ${PATIENCE} ms: does it wait for another one?`
        reject(new Error([what, ...linesOf(this.steps)].join('\n')))
      }, PATIENCE)
      this.#look = () => {
        if (this.#stuck().length > 0) return
        clearTimeout(timer)
        this.#look = undefined
        resolve()
      }
      this.#look()
    })
    for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
  }

  #stuck(): readonly number[] {
    return [...this.#running].filter((command) => (this.#waiting[command] ?? []).length === 0)
  }

  #endless(): Error {
    const what = `the commands have taken ${MOST_STEPS} steps: does one ask again and again for what another one is to do?`
    return new Error([what, ...linesOf(this.steps.slice(-10))].join('\n'))
  }
}

/** Steps as people read them. */
export function linesOf(steps: readonly Step[]): readonly string[] {
  return steps.map(({ choice, text }) => `  ${choice} ${text}`)
}

interface Call {
  readonly text: string
  readonly begin: () => Promise<void>
}

/** The store of one command, whose calls wait for their turns. A read is one step. */
export function scheduledStore(store: EventStore, command: number, schedule: Schedule): EventStore {
  const turn = <Result>(text: string, work: () => Promise<Result>) => schedule.turn(command, text, work)
  return {
    capabilities: { ...store.capabilities, push: false },
    append: (appends, options) => turn(appendText(appends), () => store.append(appends, options)),
    findCommit: (stream, commitId, options) =>
      turn(`looks for the commit ${commitId} on ${streamName(stream)}`, () =>
        store.findCommit(stream, commitId, options),
      ),
    async *readStream(stream, options) {
      yield* await turn(`reads ${streamName(stream)}`, () => collected(store.readStream(stream, options)))
    },
    async *readAll(options) {
      yield* await turn('reads the log', () => collected(store.readAll(options)))
    },
    head: () => turn('asks for the head', () => store.head()),
    close: async () => undefined,
  }
}

function appendText(appends: readonly StreamAppend[]): string {
  const parts = appends.map(({ stream, expected, events }) => {
    const types = events.map(({ type }) => type).join(', ')
    const what = events.length === 0 ? 'checks' : `appends ${types} to`
    return `${what} ${streamName(stream)} (expected ${expected})`
  })
  return parts.join(' and ')
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

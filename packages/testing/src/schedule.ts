import { type EventStore, type StreamAppend } from '@eventmill/core'
import { streamName } from '@eventmill/core/adapter'

/** What one of several commands does with its store. */
export interface Step {
  /** From 1. */
  readonly command: number
  readonly text: string
}

/** In milliseconds: so long a command may do neither, ask its store nor end. */
const PATIENCE = 10_000

/** Lets commands take their steps one at a time: each is over before the next one begins. */
export class Schedule {
  readonly steps: Step[] = []
  /** The calls that wait for their turn, by command. */
  readonly #waiting = new Map<number, Call[]>()
  readonly #running = new Set<number>()
  #look: (() => void) | undefined

  /** Runs commands to their ends. `choose` says whose turn it is. */
  async run(
    commands: readonly (() => Promise<unknown>)[],
    choose: (waiting: readonly number[]) => number,
  ): Promise<readonly PromiseSettledResult<unknown>[]> {
    const outcomes = commands.map(async (run, index) => {
      const command = index + 1
      this.#running.add(command)
      try {
        return await run()
      } finally {
        this.#running.delete(command)
        this.#look?.()
      }
    })
    const ended = Promise.allSettled(outcomes)
    for (;;) {
      await this.#untilAllWait()
      if (this.#running.size === 0) return ended
      const command = choose([...this.#running].sort((a, b) => a - b))
      const calls = this.#waiting.get(command) ?? []
      const [call, ...others] = calls
      if (call === undefined) continue
      this.#waiting.set(command, others)
      this.steps.push({ command, text: call.text })
      await call.begin()
    }
  }

  /** Does some work of a command when it is its turn. */
  turn<Result>(command: number, text: string, work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const begin = () => work().then(resolve, reject)
      this.#waiting.set(command, [...(this.#waiting.get(command) ?? []), { text, begin }])
      this.#look?.()
    })
  }

  /** Resolves when no command goes on by itself any more. */
  #untilAllWait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const stuck = this.#stuck().join(' and ')
        reject(
          new Error(
            `command ${stuck} neither asks its store nor ends, for ${PATIENCE} ms: does it wait for another one?`,
          ),
        )
      }, PATIENCE)
      this.#look = () => {
        if (this.#stuck().length > 0) return
        clearTimeout(timer)
        this.#look = undefined
        resolve()
      }
      this.#look()
    })
  }

  #stuck(): readonly number[] {
    return [...this.#running].filter((command) => (this.#waiting.get(command) ?? []).length === 0)
  }
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

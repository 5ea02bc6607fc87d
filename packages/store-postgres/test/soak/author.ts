import {
  type AppendResult,
  type EventStore,
  type ExpectedGeneration,
  hasCode,
  type NewEvent,
  type StreamAppend,
} from '@eventmill/core'
import { setTimeout } from 'node:timers/promises'
import { type Random } from '../../../store-conformance/src/random.ts'
import { type Testimony } from './audit.ts'
import { type Deeds, type Mark } from './deeds.ts'

/** An append that somebody is about to make. */
export interface Intent {
  readonly mark: Mark
  readonly appends: readonly StreamAppend[]
}

/** What an author may append to: the first few are those that everybody wants. */
export const STREAMS: readonly string[] = Array.from({ length: 300 }, (_, index) => `s${index}`)
export const POPULAR: readonly string[] = STREAMS.slice(0, 5)

/** The reason of those who change their minds. */
export const CHANGED: Error = new Error('the author has changed its mind')

/** In milliseconds: so long a call may take with all its timeouts, and so long until the outcome of an append is known. */
const CALL = 30_000
const SETTLED = 120_000

/** Makes appends, learns what becomes of each, and tells. */
export class Author {
  readonly #store: EventStore
  readonly #writer: number
  readonly #deeds: Deeds
  readonly #random: Random
  #appends = 0

  constructor(store: EventStore, writer: number, deeds: Deeds, random: Random) {
    this.#store = store
    this.#writer = writer
    this.#deeds = deeds
    this.#random = random
  }

  intent(expected: readonly { readonly stream: string; readonly generation: ExpectedGeneration }[]): Intent {
    const mark = { writer: this.#writer, append: this.#appends++ }
    const counts = expected.map((_, index) =>
      index === 0 ? 1 + this.#random.below(this.#random.below(8) === 0 ? 40 : 3) : this.#random.below(3),
    )
    const events = counts.reduce((sum, count) => sum + count)
    let index = 0
    const appends = expected.map(({ stream, generation }, place) => ({
      stream: { aggregateType: 'Soaked', aggregateId: stream },
      expected: generation,
      events: Array.from({ length: counts[place] ?? 0 }, (): NewEvent => {
        const data = { ...mark, expected, events, index: index++ } satisfies Testimony
        return { source: 'urn:x:soak', type: this.#random.of('Odd', 'Even'), version: 1, data }
      }),
    }))
    return { mark, appends }
  }

  /** Resolves to the result, or to `undefined` where it was rejected, once that is known for certain. */
  async append(
    { mark, appends }: Intent,
    options: { readonly commitId?: string; readonly signal?: AbortSignal } = {},
  ): Promise<AppendResult | undefined> {
    this.#deeds.intended(mark)
    return this.#settle({ mark, appends }, () => this.#store.append(appends, options))
  }

  async #settle(
    { mark, appends }: Intent,
    attempt: () => Promise<AppendResult>,
  ): Promise<AppendResult | undefined> {
    const deadline = performance.now() + SETTLED
    let commitId: string | undefined
    for (;;) {
      try {
        const result = await inTime(
          commitId === undefined ? attempt() : this.#store.append(appends, { commitId }),
        )
        this.#deeds.acknowledged(mark, result.events[0]?.position ?? 0)
        return result
      } catch (error) {
        if (hasCode(error, 'APPEND_OUTCOME_UNKNOWN')) {
          if (commitId === undefined) this.#deeds.wondered(mark)
          commitId = error.commitId
        } else {
          // To a repeat, only a conflict is an answer: what is in its way says nothing of what it repeats.
          const reason = rejectionOf(error)
          if (reason === 'conflicts' || (reason !== undefined && commitId === undefined)) {
            this.#deeds.rejected(mark, reason)
            return undefined
          }
          if (reason === undefined) throw error
        }
      }
      if (performance.now() > deadline) {
        throw new Error(`nobody learns what became of ${JSON.stringify(mark)}`)
      }
      await setTimeout(this.#random.below(100))
    }
  }
}

/** What it is counted as, where an error says that nothing is stored. */
function rejectionOf(error: unknown): string | undefined {
  if (hasCode(error, 'GENERATION_CONFLICT')) return 'conflicts'
  if (hasCode(error, 'STORE_BUSY')) return 'busy'
  if (hasCode(error, 'STORE_UNREACHABLE')) return 'unreachable'
  return error === CHANGED ? 'aborted' : undefined
}

/** Whether an error may pass when the server is back. */
export function isPassing(error: unknown): boolean {
  return hasCode(error, 'STORE_UNREACHABLE', 'STORE_BUSY')
}

/** Fails where a call hangs. */
export async function inTime<Result>(call: Promise<Result>, time: number = CALL): Promise<Result> {
  const over = new AbortController()
  const alarm = setTimeout(time, undefined, { signal: over.signal }).then(
    () => {
      throw new Error(`a call hangs: it had no answer for ${time} ms`)
    },
    () => call,
  )
  try {
    return await Promise.race([call, alarm])
  } finally {
    over.abort()
    alarm.catch(() => undefined)
  }
}

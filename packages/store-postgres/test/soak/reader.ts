import { type DomainEvent, type EventStore, type Position } from '@eventmill/core'
import { setTimeout } from 'node:timers/promises'
import { type Random } from '../../../store-conformance/src/random.ts'
import { inTime, isPassing } from './author.ts'
import { Digests } from './digests.ts'

export interface ReaderOptions {
  readonly name: string
  /** Opens a store, which the reader closes: it restarts with a new one now and then. */
  readonly open: () => EventStore
  /** Whether it sees only events of the type `Odd`. */
  readonly odd?: boolean | undefined
  /** Whether it waits to be told of new events. Otherwise it looks again and again. */
  readonly waits?: boolean | undefined
  readonly random: Random
  readonly found: (text: string) => void
  readonly onEvent?: ((event: DomainEvent) => void) | undefined
}

/** In milliseconds: while writers write, nobody waits longer for an event, outages of the server included. */
const LONGEST_WAIT = 25_000

/**
 * Follows the log from its beginning. Unfiltered, it goes on after the last event that it has seen; filtered, after the
 * head as it was before it read. Both are what the contract says is safe.
 */
export class Reader {
  readonly name: string
  readonly odd: boolean
  readonly digests: Digests = new Digests()
  events = 0
  checkpoint: Position = 0
  readonly #options: ReaderOptions
  #last: Position = 0

  constructor(options: ReaderOptions) {
    this.#options = options
    this.name = options.name
    this.odd = options.odd ?? false
  }

  /** Follows until nothing more comes. `writing` is aborted once nothing can. */
  async follow(writing: AbortSignal): Promise<void> {
    const { open, random, found } = this.#options
    let store = open()
    for (;;) {
      const last = writing.aborted
      const before = this.checkpoint
      try {
        await inTime(this.odd ? this.#readOdd(store) : this.#readOn(store))
        if (last && before === this.checkpoint) break
        if (before === this.checkpoint) await this.#wait(store, writing)
        else if (random.below(20) === 0) {
          await inTime(store.close())
          store = open()
        }
      } catch (error) {
        if (!isPassing(error)) found(`the reader ${this.name} fails with ${String(error)}`)
        await setTimeout(100)
      }
    }
    await store.close()
  }

  async #readOn(store: EventStore): Promise<void> {
    const { random } = this.#options
    const limit = random.of(1, 20, 300, 3_000)
    for await (const event of store.readAll({ after: this.checkpoint, limit })) {
      this.#see(event)
      this.checkpoint = event.position
      if (random.below(2_000) === 0) break
    }
  }

  async #readOdd(store: EventStore): Promise<void> {
    const head = await store.head()
    const filter = [{ types: ['Odd'] }]
    const seen: DomainEvent[] = []
    const upTo = Math.max(Math.min(head, this.checkpoint + 5_000), this.checkpoint)
    for await (const event of store.readAll({ after: this.checkpoint, upTo, filter })) seen.push(event)
    // A read that fails half-way is done again as a whole.
    for (const event of seen) this.#see(event)
    this.checkpoint = upTo
  }

  async #wait(store: EventStore, writing: AbortSignal): Promise<void> {
    const { random, waits, found } = this.#options
    if (waits !== true) {
      await setTimeout(random.below(50))
      return
    }
    const restart = AbortSignal.timeout(random.below(20) === 0 ? random.below(100) : LONGEST_WAIT)
    const signal = AbortSignal.any([restart, writing])
    const start = performance.now()
    try {
      await store.waitForAppend?.(this.checkpoint, signal)
    } catch (error) {
      if (error !== signal.reason) throw error
      if (performance.now() - start > LONGEST_WAIT - 1) {
        found(
          `the reader ${this.name} has waited for ${LONGEST_WAIT} ms for an event after ${this.checkpoint}`,
        )
      }
    }
  }

  #see(event: DomainEvent): void {
    if (event.position <= this.#last) {
      this.#options.found(`the reader ${this.name} sees ${event.position} after ${this.#last}`)
    }
    this.#last = event.position
    this.events += 1
    this.digests.add(event.position, event.id)
    this.#options.onEvent?.(event)
  }
}

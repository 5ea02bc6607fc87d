import { type DomainEvent, type ExpectedGeneration } from '@eventmill/core'
import { type Fates, type Mark } from './deeds.ts'

/** What an event tells of the append that brought it: enough to judge, from the log alone, whether that was legal. */
export interface Testimony extends Mark {
  /** What was expected of each stream of the append, those that got no event included. */
  readonly expected: readonly { readonly stream: string; readonly generation: ExpectedGeneration }[]
  /** How many events the append brought, and which of them this one is, from 0. */
  readonly events: number
  readonly index: number
}

/**
 * Judges a log event by event: every append stands whole, in its order, and met its expectations at the place where it
 * stands; the sequences of every stream ascend without a gap.
 */
export class Audit {
  readonly #generations = new Map<string, number>()
  /** Of each append that is not complete: its number of events so far. */
  readonly #begun = new Map<string, number>()
  readonly #fates: Fates

  constructor(fates: Fates) {
    this.#fates = fates
  }

  see(event: DomainEvent): void {
    const { writer, append, expected, events, index } = event.data as Testimony
    const name = `append ${append} of writer ${writer}`
    const before = this.#begun.get(name) ?? 0
    if (index !== before) {
      this.#fates.found(`${name} has event ${index} at ${event.position}, after ${before} others`)
    }
    if (index === 0) {
      this.#fates.seen({ writer, append }, event.position)
      for (const { stream, generation } of expected) {
        const actual = this.#generations.get(stream) ?? 0
        const met = generation === 'any' || (generation === 'exists' ? actual > 0 : generation === actual)
        if (!met) {
          this.#fates.found(
            `${name} expected ${generation} of ${stream}, which stood at ${actual}, and is stored`,
          )
        }
      }
    }
    if (index + 1 === events) this.#begun.delete(name)
    else this.#begun.set(name, index + 1)
    const sequence = (this.#generations.get(event.aggregateId) ?? 0) + 1
    if (event.sequence !== sequence) {
      this.#fates.found(
        `${event.aggregateId} has ${event.sequence} at ${event.position}, where ${sequence} should be`,
      )
    }
    this.#generations.set(event.aggregateId, event.sequence)
  }

  /** At the end of the log. */
  end(): void {
    for (const [name, count] of this.#begun) this.#fates.found(`${name} ends after ${count} of its events`)
  }
}

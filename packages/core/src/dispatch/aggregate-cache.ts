import { type VersionedAggregate } from '../aggregates/aggregate-definition.ts'
import { isImmutable } from '../aggregates/freeze-state.ts'
import { type Target } from '../aggregates/command.ts'

/**
 * The newest known versions of so many aggregates, as far as nobody can change them. Where there are more, those go that
 * were not used for the longest time. What it holds may be behind the store: whoever decides on it lets the store check
 * its generation.
 */
export class AggregateCache {
  readonly #size: number
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()

  constructor(size: number) {
    this.#size = size
  }

  get({ definition, aggregateId, key }: Target): Remembered | undefined {
    const entry = this.#entries.get(key)
    // Another definition of the same type has other states; an id may be text or a number.
    if (entry?.definition !== definition || entry.aggregate.aggregateId !== aggregateId) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  set({ definition, key }: Target, aggregate: VersionedAggregate, eventId: string): void {
    if (this.#size === 0) return
    this.#entries.delete(key)
    if (!isImmutable(aggregate.state)) return
    this.#entries.set(key, { definition, aggregate, eventId })
    if (this.#entries.size <= this.#size) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  delete({ key }: Target): void {
    this.#entries.delete(key)
  }
}

/** An aggregate, and the id of its last event, by which it is told whether the stream still is what it was. */
export interface Remembered {
  readonly aggregate: VersionedAggregate
  readonly eventId: string
}

interface Entry extends Remembered {
  readonly definition: Target['definition']
}

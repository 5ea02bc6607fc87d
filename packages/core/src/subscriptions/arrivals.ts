import { type Position } from '../events/event.ts'
import { backOff, pause } from '../pause.ts'
import { type EventStore } from '../store/event-store.ts'

/** In milliseconds. A store that tells nothing is asked less than once a second while nothing arrives. */
const SHORTEST = 2
const LONGEST_POLL = 1_500
/** A store that tells of an append says so again and again while one that was begun before keeps it hidden. */
const LONGEST_REPEAT = 100

/** Waits for what a store may have got: it is told where the store can push, and asks where it cannot, less and less often. */
export class Arrivals {
  readonly #store: EventStore
  /** How often it was waited since something last arrived. */
  #waits = 0

  constructor(store: EventStore) {
    this.#store = store
  }

  /** Something has arrived: more may follow soon. */
  arrived(): void {
    this.#waits = 0
  }

  /** Resolves when it is time to ask for the head again. Rejects like the store, or with the signal's reason. */
  async wait(after: Position, signal: AbortSignal): Promise<void> {
    const waits = this.#waits++
    if (this.#store.capabilities.push && this.#store.waitForAppend !== undefined) {
      if (waits > 0) await pause(backOff(waits, SHORTEST, LONGEST_REPEAT), signal)
      await this.#store.waitForAppend(after, signal)
    } else {
      await pause(Math.min(LONGEST_POLL, SHORTEST * 2 ** waits), signal)
    }
  }
}

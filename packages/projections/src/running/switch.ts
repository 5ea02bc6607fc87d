import { type EventStore, type Position } from '@eventmill/core'
import { isPassing, pause } from '@eventmill/core/adapter'
import { hookFailed } from '../errors.ts'
import { type Happening } from '../happening.ts'
import { type Projection } from '../projection.ts'
import { type Checkpoint, type ProjectionStore } from '../projection-store.ts'
import { type Worker } from './worker.ts'

/** What a switch works with. */
export interface SwitchInput<Target> {
  readonly store: EventStore
  readonly into: ProjectionStore<Target>
  readonly projection: Projection<Target>
  readonly lease: number
  readonly tell: (happening: Happening) => void
  /** Those who work on the version here. */
  readonly workers: () => readonly Worker<Target>[]
  readonly signal: AbortSignal
}

/** In milliseconds: each try holds up the version that serves. */
const SHORTEST_PAUSE = 250

/** Lets a version serve once it has caught up. It goes on beside everything else: a switch may take its time. */
export class Switch<Target> {
  readonly #input: SwitchInput<Target>
  /** Where the head was when the version had first caught up. */
  #caughtUpAt: Position | undefined
  #trying: Promise<void> | undefined
  #done = false
  #tries = 0
  /** Whether it was told that the version is withheld. */
  #isTold = false

  constructor(input: SwitchInput<Target>) {
    this.#input = input
  }

  /** Tries it if it is time. Rejects with what fails for good. */
  async look(): Promise<void> {
    if (this.#done || this.#trying !== undefined || !this.#hasCaughtUp()) return
    this.#trying = this.#try()
    try {
      await this.#trying
    } finally {
      this.#trying = undefined
    }
  }

  /** Nothing is to be done: it serves, or a newer one does. */
  done(): void {
    this.#done = true
  }

  /** Resolves when nothing goes on. */
  async settled(): Promise<void> {
    await this.#trying?.catch(() => undefined)
  }

  async #try(): Promise<void> {
    const { into, projection, lease, signal, tell } = this.#input
    const { name, version } = projection
    let lost: readonly Checkpoint[] = []
    while (this.#hasCaughtUp() && !signal.aborted) {
      try {
        const goal = { atLeast: this.#caughtUpAt ?? 0, lost }
        const outcome = await into.serve({ name, version }, goal, projection.serve)
        if (outcome === 'switched') tell({ name, version, happened: 'serving' })
        if (outcome === 'switched' || outcome === 'served before') {
          this.#done = true
          return
        }
        if (outcome === 'parked' && !this.#isTold) tell({ name, version, happened: 'withheld' })
        this.#isTold = outcome === 'parked'
        if (outcome === 'behind') lost = await this.#lost()
      } catch (error) {
        if (!isPassing(error)) throw hookFailed({ name, version }, 'begin to serve', error)
        tell({ happened: 'unreachable', error })
      }
      await pause(Math.min(lease / 3, SHORTEST_PAUSE * 2 ** this.#tries++), signal).catch(() => undefined)
    }
  }

  /**
   * The checkpoints of the version that serves which lie beyond the head, as after a failover that has lost events: nobody gets
   * there. The head is read after them, so a log that has lost nothing has none.
   */
  async #lost(): Promise<readonly Checkpoint[]> {
    const { into, store, projection } = this.#input
    const states = await into.states([projection.name])
    const head = await store.head()
    const { checkpoints = [] } = states.find(({ serving }) => serving) ?? {}
    return checkpoints.filter(({ position }) => position > head)
  }

  #hasCaughtUp(): boolean {
    const workers = this.#input.workers()
    if (workers.length === 0 || !workers.every(({ hasCaughtUp }) => hasCaughtUp)) {
      this.#caughtUpAt = undefined
      return false
    }
    this.#caughtUpAt ??= Math.max(...workers.map(({ position }) => position))
    return true
  }
}

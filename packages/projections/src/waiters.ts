import { type Position } from '@eventmill/core'
import { isPassing, pause, unlessAborted, withResolvers } from '@eventmill/core/adapter'
import { waitTimeout } from './errors.ts'
import { type Projection } from './projection.ts'
import { type ProjectionStore } from './projection-store.ts'
import { type Runner } from './running/runner.ts'

/** In milliseconds: between two looks at checkpoints that other processes move. */
const SHORTEST_LOOK = 10
const LONGEST_LOOK = 200

/** Those who wait for projections to get further: told at once of what happens here, and by one look for all of what happens elsewhere. */
export class Waiters<Target> {
  readonly #into: ProjectionStore<Target>
  readonly #runner: () => Runner<Target> | undefined
  readonly #waiting = new Set<Waiting<Target>>()
  #watching = false
  #look = SHORTEST_LOOK
  #hurry = new AbortController()

  constructor(into: ProjectionStore<Target>, runner: () => Runner<Target> | undefined) {
    this.#into = into
    this.#runner = runner
  }

  /** `timeout` in milliseconds. */
  async wait(
    projection: Projection<Target>,
    position: Position,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = withResolvers()
    const waiting: Waiting<Target> = { projection, position, resolve, reject, reached: 0, error: undefined }
    const timer = setTimeout(() => {
      reject(waitTimeout(projection, position, timeout, waiting))
    }, timeout)
    this.#waiting.add(waiting)
    this.#tell(waiting, this.#runner())
    this.#watch()
    try {
      await unlessAborted(promise, signal)
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(waiting)
    }
  }

  /** Something has got further here, or has failed. */
  moved(): void {
    if (this.#waiting.size === 0) return
    const runner = this.#runner()
    for (const waiting of this.#waiting) this.#tell(waiting, runner)
  }

  #tell(waiting: Waiting<Target>, runner: Runner<Target> | undefined): void {
    const failure = runner?.failure(waiting.projection)
    if (failure === undefined) told(waiting, runner?.reached(waiting.projection))
    else waiting.reject(failure.error)
  }

  #watch(): void {
    this.#look = SHORTEST_LOOK
    this.#hurry.abort()
    if (this.#watching) return
    this.#watching = true
    void this.#keepLooking()
  }

  async #keepLooking(): Promise<void> {
    while (this.#waiting.size > 0) {
      this.#hurry = new AbortController()
      await this.#lookElsewhere()
      // However many come, there is some time between two looks.
      await pause(SHORTEST_LOOK, undefined)
      await pause(this.#look, this.#hurry.signal).catch(() => undefined)
      this.#look = Math.min(LONGEST_LOOK, this.#look * 2)
    }
    this.#watching = false
  }

  async #lookElsewhere(): Promise<void> {
    const runner = this.#runner()
    const waiting = [...this.#waiting].filter(({ projection }) => runner?.reached(projection) === undefined)
    if (waiting.length === 0) return
    try {
      const names = new Set(waiting.map(({ projection }) => projection.name))
      const states = await this.#into.states([...names])
      for (const one of waiting) {
        const { name, version } = one.projection
        const state = states.find((other) => other.name === name && other.version === version)
        told(one, Math.min(...(state?.checkpoints ?? [{ position: 0 }]).map(({ position }) => position)))
      }
    } catch (error) {
      for (const one of waiting) {
        one.error = error
        if (!isPassing(error)) one.reject(error)
      }
    }
  }
}

interface Waiting<Target> {
  readonly projection: Projection<Target>
  readonly position: Position
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** How far the projection was when it was last looked at. */
  reached: Position
  /** Why that is not known. */
  error: unknown
}

function told<Target>(waiting: Waiting<Target>, reached: Position | undefined): void {
  if (reached === undefined) return
  waiting.reached = reached
  waiting.error = undefined
  if (reached >= waiting.position) waiting.resolve()
}

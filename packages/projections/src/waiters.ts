import { type Position } from '@eventmill/core'
import { isPassing, pause, unlessAborted, withResolvers } from '@eventmill/core/adapter'
import { type Awaited, projectionDropped, waitTimeout } from './errors.ts'
import { type ProjectionStore, type VersionId, type VersionState } from './projection-store.ts'
import { type Runner } from './running/runner.ts'
import { isDropped } from './version-rules.ts'

/** In milliseconds: between two looks at checkpoints that other processes move. */
const SHORTEST_LOOK = 10
const LONGEST_LOOK = 200

/** Those who wait for projections to get further: told at once of what happens here, and by one look for all of what happens elsewhere. */
export class Waiters<Target> {
  readonly #into: ProjectionStore<Target>
  readonly #runner: () => Runner<Target> | undefined
  readonly #waiting = new Set<Waiting>()
  #watching = false
  #look = SHORTEST_LOOK
  #hurry = new AbortController()

  constructor(into: ProjectionStore<Target>, runner: () => Runner<Target> | undefined) {
    this.#into = into
    this.#runner = runner
  }

  /** `timeout` in milliseconds. */
  async wait(
    { name, version }: Awaited,
    position: Position,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = withResolvers()
    const waiting: Waiting = { name, version, position, resolve, reject, reached: 0, error: undefined }
    const timer = setTimeout(() => {
      reject(waitTimeout(waiting, position, timeout, waiting))
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

  #tell(waiting: Waiting, runner: Runner<Target> | undefined): void {
    // Which version serves, only the store knows.
    if (!isVersion(waiting)) this.#hurry.abort()
    else told(waiting, runner?.reached(waiting), runner?.failure(waiting))
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
    const waiting = [...this.#waiting].filter((one) => !isVersion(one) || runner?.reached(one) === undefined)
    if (waiting.length === 0) return
    try {
      const names = new Set(waiting.map(({ name }) => name))
      const states = await this.#into.states([...names])
      for (const one of waiting) {
        const state = states.find((other) => (isVersion(one) ? isSame(other, one) : isServing(other, one)))
        if (state === undefined) {
          if (isVersion(one) && isDropped(one, states)) one.reject(projectionDropped(one))
          continue
        }
        // Where its checkpoints are, a version that serves later has been as well.
        const reached = Math.min(...state.checkpoints.map(({ position }) => position))
        told(one, reached, runner?.failure(state))
      }
    } catch (error) {
      for (const one of waiting) {
        one.error = error
        if (!isPassing(error)) one.reject(error)
      }
    }
  }
}

interface Waiting extends Awaited {
  readonly position: Position
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** How far the projection was when it was last looked at. */
  reached: Position
  /** Why that is not known. */
  error: unknown
}

function told(
  waiting: Waiting,
  reached: Position | undefined,
  failure: { readonly error: unknown } | undefined,
): void {
  if (reached !== undefined && reached >= waiting.position) waiting.resolve()
  else if (failure !== undefined) waiting.reject(failure.error)
  waiting.reached = reached ?? waiting.reached
  if (reached !== undefined) waiting.error = undefined
}

function isVersion(awaited: Waiting): awaited is Waiting & VersionId {
  return awaited.version !== undefined
}

function isSame(one: VersionId, other: VersionId): boolean {
  return one.name === other.name && one.version === other.version
}

function isServing({ name, serving }: VersionState, awaited: Awaited): boolean {
  return serving && name === awaited.name
}

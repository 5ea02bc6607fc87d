import { type DomainEvent, type EventStore, type Position } from '@eventmill/core'
import {
  checkInteger,
  checkKeys,
  checkMilliseconds,
  checkpointAhead,
  invalidArgument,
  isPassing,
  streamKey,
} from '@eventmill/core/adapter'
import { hookFailed, projectionDropped } from './errors.ts'
import { type Happening } from './happening.ts'
import { type Projection } from './projection.ts'
import { type ParkedEvent, type ProjectionStore } from './projection-store.ts'
import { prepare } from './running/prepare.ts'
import { Runner } from './running/runner.ts'
import { type ProjectionStatus, statusOf } from './status.ts'
import { Waiters } from './waiters.ts'

/** What is kept up to date, where, and how. */
export interface ProjectionsOptions<Target> {
  /** Where they write to. */
  readonly into: ProjectionStore<Target>
  /** What is run: every version by itself, also several of one name. */
  readonly projections: readonly Projection<Target>[]
  /** So many events at most are handled in one transaction, fewer where they take longer than a second. Default 500. */
  readonly batchSize?: number | undefined
  /**
   * In milliseconds: a runner that has not been heard of for so long is replaced by another one. It is heard of three times
   * as often. Default 6,000.
   */
  readonly lease?: number | undefined
  /** Told what happens, for logs. Default: what `'failed'` goes to `console.error`. */
  readonly onHappening?: ((happening: Happening) => unknown) | undefined
}

/** How long is waited for a projection. */
export interface WaitOptions {
  /** In milliseconds. Default 10,000. */
  readonly timeout?: number | undefined
  /** Aborted before the projection has got there: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Keeps projections at the heads of their logs. Any number of processes may run the same ones: each part is worked on by one. */
export class Projections<Target> {
  readonly #store: EventStore
  readonly #into: ProjectionStore<Target>
  readonly #projections: readonly Projection<Target>[]
  readonly #runnerOf: () => Runner<Target>
  readonly #waiters: Waiters<Target>
  #runner: Runner<Target> | undefined
  #finished: Promise<void> | undefined

  constructor(store: EventStore, options: ProjectionsOptions<Target>) {
    checkKeys(options, OPTIONS, 'options')
    const { into, projections, batchSize = 500, lease = 6_000, onHappening = printFailure } = options
    checkInteger(batchSize, 1, 'options.batchSize')
    checkMilliseconds(lease, 100, 'options.lease')
    if (!Array.isArray(projections) || projections.length === 0) {
      throw invalidArgument('options.projections', 'a list of at least one projection', projections)
    }
    if (typeof (into as Partial<ProjectionStore<Target>> | undefined)?.commit !== 'function') {
      throw invalidArgument('options.into', 'a store for projections', into)
    }
    if (typeof onHappening !== 'function') {
      throw invalidArgument('options.onHappening', 'a function', onHappening)
    }
    this.#store = store
    this.#into = into
    this.#projections = [...(projections as readonly Projection<Target>[])]
    checkDistinct(this.#projections)
    const tell = (happening: Happening) => {
      tellSafely(onHappening, happening)
    }
    this.#waiters = new Waiters(into, () => this.#runner)
    const moved = () => {
      this.#waiters.moved()
    }
    this.#runnerOf = () =>
      new Runner({ store, into, projections: this.#projections, batchSize, lease, tell, moved })
  }

  /**
   * Makes what is not there yet, as `start` does, and begins nothing: for a release step that may create tables, before processes
   * that may not. Fails with `PROJECTION_FAILED` where a hook fails, and otherwise as `start` does.
   */
  async prepare(): Promise<void> {
    await prepare(this.#store, this.#into, this.#projections)
  }

  /**
   * Begins. Resolves when all is made ready and what is free is claimed; it goes on until it is stopped, and tells by
   * `finished` if a projection ends before.
   */
  async start(): Promise<void> {
    if (this.#runner !== undefined) throw invalidArgument('start', 'called once: stop it first')
    const runner = this.#runnerOf()
    this.#runner = runner
    this.#finished = runner.finished
    try {
      await runner.start()
    } catch (error) {
      await runner.stop()
      this.#runner = undefined
      throw error
    }
  }

  /** Finishes the batches in hand, and leaves the rest to others. */
  async stop(): Promise<void> {
    await this.#runner?.stop()
    this.#runner = undefined
  }

  /** Resolves when it is stopped, and rejects as soon as a projection fails, with its error (`PROJECTION_FAILED`, mostly). */
  async finished(): Promise<void> {
    if (this.#finished === undefined) throw invalidArgument('finished', 'asked after start')
    await this.#finished
  }

  /** How far each projection has got, here and in other processes. */
  async status(): Promise<readonly ProjectionStatus[]> {
    const states = await this.#into.states(this.#projections.map(({ name }) => name))
    const head = await this.#store.head()
    return Promise.all(
      this.#projections.map((projection) =>
        statusOf(projection, { states, head, store: this.#store, runner: this.#runner }),
      ),
    )
  }

  /**
   * Resolves when a projection has handled everything up to a position, in whichever process: what was written before can
   * then be read from it. By its name, the version is meant that serves then, whichever it is. Fails with `WAIT_TIMEOUT`, with
   * what has ended the projection here, with `PROJECTION_FAILED` for a version that was dropped, or with the signal's reason.
   */
  async waitFor(
    projection: Projection<Target> | string,
    position: Position,
    options: WaitOptions = {},
  ): Promise<void> {
    checkKeys(options, WAIT_OPTIONS, 'options')
    checkInteger(position, 0, 'position')
    const { timeout = 10_000, signal } = options
    checkMilliseconds(timeout, 0, 'options.timeout')
    const awaited =
      typeof projection === 'string' ? { name: projection, version: undefined } : this.#own(projection)
    await this.#waiters.wait(awaited, position, timeout, signal)
  }

  /** The version by which readers are served; `undefined` before there is one. */
  async serving(name: string): Promise<number | undefined> {
    return (await this.#into.states([name])).find(({ serving }) => serving)?.version
  }

  /**
   * Removes a version that does not serve, with what it wrote: an old one, or one that was being built. Fails with
   * `ARGUMENT_INVALID` for one that another process runs, which would not start again, and for one that serves: `retire` (default
   * false) removes that as well, and with it the projection.
   */
  async drop(
    projection: Projection<Target>,
    options: { readonly retire?: boolean | undefined } = {},
  ): Promise<void> {
    checkKeys(options, DROP_OPTIONS, 'options')
    const { retire = false } = options
    if (typeof retire !== 'boolean') throw invalidArgument('options.retire', 'a boolean', retire)
    const own = this.#own(projection)
    try {
      await this.#runner?.leave(own)
      await this.#into.drop(own, retire, own.drop)
    } catch (error) {
      this.#runner?.rejoin(own)
      throw hookFailed(own, 'be dropped', error)
    }
    this.#runner?.dropped(own, projectionDropped(own))
  }

  /** The events that were put aside, in the order of the log, `limit` (default 100) at most, after this position. */
  async parked(
    projection: Projection<Target>,
    options: { readonly limit?: number | undefined; readonly after?: Position | undefined } = {},
  ): Promise<readonly ParkedEvent[]> {
    checkKeys(options, PARKED_OPTIONS, 'options')
    const { limit = 100, after } = options
    checkInteger(limit, 1, 'options.limit')
    return this.#into.parked(projection, limit, after)
  }

  /**
   * Handles parked events again, in the order of the log, each in a transaction of its own; one that fails stays parked and,
   * where the policy holds back, so do those of its aggregate after it. Resolves to how many were handled, and the errors
   * of the others by position.
   */
  async retryParked(projection: Projection<Target>): Promise<RetryResult> {
    const errors = new Map<Position, unknown>()
    const blocked = new Set<string>()
    let handled = 0
    let after: Position | undefined
    for (;;) {
      const [event] = await this.#into.parked(projection, 1, after)
      if (event === undefined) return { handled, errors }
      after = event.position
      if (projection.onFailure.holdBack && blocked.has(streamKey(event.stream))) continue
      try {
        const stored = await this.#read(event)
        const work = (target: Target) => projection.project([projection.decode(stored)], target)
        if (await this.#into.unpark(event, work)) handled += 1
      } catch (error) {
        if (isPassing(error)) throw error
        errors.set(event.position, error)
        blocked.add(streamKey(event.stream))
      }
    }
  }

  /** Gives up a parked event. Resolves to whether it was there. */
  dropParked(event: ParkedEvent): Promise<boolean> {
    return this.#into.unpark(event, async () => undefined)
  }

  /** The one of this name and version that runs here, which may have been made apart. */
  #own(projection: Projection<Target>): Projection<Target> {
    if (typeof (projection as unknown) !== 'object' || (projection as unknown) === null) {
      throw invalidArgument('projection', 'one made by defineProjection', projection)
    }
    const { name, version } = projection
    return this.#projections.find((one) => one.name === name && one.version === version) ?? projection
  }

  async #read({ position }: ParkedEvent): Promise<DomainEvent> {
    for await (const event of this.#store.readAll({ after: position - 1, upTo: position })) return event
    throw checkpointAhead(position, await this.#store.head())
  }
}

/** What became of parked events that were handled again. */
export interface RetryResult {
  /** How many of them are handled, and not parked any more. */
  readonly handled: number
  /** Why the others are still parked, by their positions. */
  readonly errors: ReadonlyMap<Position, unknown>
}

const OPTIONS = new Set(['into', 'projections', 'batchSize', 'lease', 'onHappening'])
const WAIT_OPTIONS = new Set(['timeout', 'signal'])
const DROP_OPTIONS = new Set(['retire'])
const PARKED_OPTIONS = new Set(['limit', 'after'])

function checkDistinct(projections: readonly Projection[]): void {
  const seen = new Set<string>()
  for (const { name, version } of projections) {
    if (seen.has(`${version} ${name}`)) {
      throw invalidArgument('options.projections', `without version ${version} of ${name} twice`)
    }
    seen.add(`${version} ${name}`)
  }
}

/** Nobody may miss that a projection does not go on. */
function printFailure(happening: Happening): void {
  if (happening.happened === 'failed') console.error(happening.error)
}

/** Whatever a listener does, no projection fails with it. */
function tellSafely(listener: (happening: Happening) => unknown, happening: Happening): void {
  try {
    Promise.resolve(listener(happening)).catch(() => undefined)
  } catch {
    // It is only told.
  }
}

import { type Batch, type DomainEvent, hasCode, type Position } from '@eventmill/core'
import { backOff, isPassing, messageOf, pause, streamKey } from '@eventmill/core/adapter'
import { projectionFailed } from '../errors.ts'
import { type Happening } from '../happening.ts'
import { type Projection } from '../projection.ts'
import {
  type Claim,
  type EventPlace,
  type PartitionId,
  type ProjectionStore,
  type ProjectionTransaction,
} from '../projection-store.ts'
import { Rate } from './rate.ts'
import { type SharedLog } from './shared-log.ts'

/** What a worker works with. */
export interface WorkerInput<Target> {
  readonly into: ProjectionStore<Target>
  readonly projection: Projection<Target>
  readonly claim: Claim
  readonly log: SharedLog
  readonly batchSize: number
  readonly tell: (happening: Happening) => void
  /** Called when it has got further. */
  readonly moved: () => void
}

/** In milliseconds: between the tries of an event. */
const SHORTEST_RETRY = 100
const LONGEST_RETRY = 10_000
/** In milliseconds: a store that restarts is found again within seconds. */
const SHORTEST_PAUSE = 10
const LONGEST_PAUSE = 2_000
/** In events, and in milliseconds: batches grow as long as they are handled fast, since nothing is kept of one that takes too long. */
const FIRST_BATCH = 16
const LONGEST_BATCH = 1_000
/** In milliseconds: so often, at most, a checkpoint is moved over events that do not matter. */
const IDLE_MOVES = 250

/** Takes one partition along the log, as long as it has the claim to it. */
export class Worker<Target> {
  readonly #input: WorkerInput<Target>
  readonly #partition: PartitionId
  readonly #stopping = new AbortController()
  readonly #rate = new Rate()
  /** How fast it goes along the log. */
  readonly #speed = new Rate()
  #claim: Claim
  /** What need not be handled has been passed up to here; the checkpoint follows. */
  #passed: Position
  #head: Position = Infinity
  #hasCaughtUp = false
  #error: unknown
  /** What a handler has thrown, in the commit that goes on. */
  #thrown: { readonly error: unknown } | undefined
  #movedAt = -Infinity
  /** So many events are handled at once. */
  #most: number
  /** In milliseconds: so long handlers took for them, whatever they waited for before. */
  #took = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** One commit after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(input: WorkerInput<Target>) {
    const { name, version, partition, position } = input.claim
    this.#input = input
    this.#claim = input.claim
    this.#partition = { name, version, partition }
    this.#passed = position
    this.#most = this.#bounded(FIRST_BATCH)
  }

  /** Everything up to here is done. */
  get position(): Position {
    return this.#passed
  }

  /** Where the checkpoint is. */
  get checkpoint(): Position {
    return this.#claim.position
  }

  /** Whether it has been at the head, and is still within a batch of it: where events keep coming, it is never there for long. */
  follows(head: Position): boolean {
    return this.#hasCaughtUp && head - this.#passed <= this.#input.batchSize
  }

  /** Whether it has been at the head once. */
  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp
  }

  /** What is wrong right now. */
  get error(): unknown {
    return this.#error
  }

  /** Events that were handled, per second. */
  get rate(): number {
    return this.#rate.perSecond()
  }

  /** Resolves when it is stopped, or has lost its claim. Rejects with what ends the projection. */
  async run(): Promise<void> {
    const { log } = this.#input
    const { signal } = this.#stopping
    try {
      const onRetry = (error: unknown) => {
        this.#retrying(error)
      }
      const options = { after: this.#claim.position, signal, onRetry }
      for await (const batch of log.batches(this.#partition.partition, options)) await this.#take(batch)
      await this.#moveUp()
    } catch (error) {
      // Whoever claims it next goes on.
      if (hasCode(error, 'CLAIM_LOST') || (signal.aborted && error === signal.reason)) return
      this.#error = error
      throw error
    } finally {
      clearTimeout(this.#timer)
    }
  }

  /** Positions that were passed, per second. */
  get speed(): number {
    return this.#speed.perSecond()
  }

  /** Lets it finish the batch in hand. */
  stop(): void {
    this.#stopping.abort()
  }

  async #take({ events, position, head }: Batch): Promise<void> {
    this.#head = head
    // The log is read again, where it could not be.
    this.#error = undefined
    if (events.length === 0) this.#pass(position)
    let start = 0
    while (start < events.length) {
      if (this.#stopping.signal.aborted) return
      const end = start + this.#most
      const some = events.slice(start, end)
      this.#took = 0
      await this.#project(some, end >= events.length ? position : (some.at(-1)?.position ?? position))
      this.#adapt()
      start = end
    }
  }

  /** Handles more at once, or less, after what the last ones took. */
  #adapt(): void {
    if (this.#took > LONGEST_BATCH) this.#most = Math.ceil(this.#most / 2)
    else if (this.#took < LONGEST_BATCH / 2) this.#most = this.#bounded(this.#most * 2)
  }

  #bounded(count: number): number {
    const { into, projection, batchSize } = this.#input
    // What is not undone would be done again with those after it.
    return into.undoes || projection.handlesBatches ? Math.min(count, batchSize) : 1
  }

  /** Passes what does not matter. The checkpoint is moved now and then. */
  #pass(position: Position): void {
    this.#moveTo(position)
    this.#input.moved()
    const wait = Math.max(0, this.#movedAt + IDLE_MOVES - performance.now())
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      // Whoever takes the next batch, or stops, meets the same failure.
      this.#moveUp().catch(() => undefined)
    }, wait)
  }

  #moveUp(): Promise<void> {
    return this.#alone(async () => {
      if (this.#passed > this.#claim.position) await this.#commit(this.#passed, async () => undefined)
    })
  }

  /** All at once; where that fails, one by one. */
  async #project(events: readonly DomainEvent[], position: Position): Promise<void> {
    try {
      await this.#handle(events, position)
      return
    } catch (error) {
      if (!(error instanceof HandlerFailed)) throw error
    }
    for (const [index, event] of events.entries()) {
      const last = index === events.length - 1
      await this.#projectOne(event, last ? position : event.position)
    }
  }

  /** Resolves when it is done, in whichever way its policy wants. Rejects where it is stopped before: nothing after it is taken. */
  async #projectOne(event: DomainEvent, position: Position): Promise<void> {
    const { retries, then } = this.#input.projection.onFailure
    for (let tries = 1; ; tries++) {
      this.#stopping.signal.throwIfAborted()
      let error: unknown
      try {
        await this.#handle([event], position)
        return
      } catch (failed) {
        if (!(failed instanceof HandlerFailed)) throw failed
        error = failed.cause
      }
      // What cannot be read once, cannot be read again.
      if (tries > retries || hasCode(error, 'EVENT_UNREADABLE')) {
        if (then === 'stop') throw projectionFailed(this.#partition, event, tries, error)
        await this.#doWithout(event, position, then, error)
        return
      }
      this.#retrying(error, placeOf(event))
      const wait = backOff(tries, SHORTEST_RETRY, LONGEST_RETRY)
      await pause(wait, this.#stopping.signal)
    }
  }

  async #doWithout(
    event: DomainEvent,
    position: Position,
    then: 'skip' | 'park',
    error: unknown,
  ): Promise<void> {
    await this.#alone(() =>
      this.#commit(position, async (transaction) => {
        if (then === 'park') await transaction.park(event, messageOf(error))
      }),
    )
    this.#error = undefined
    this.#input.tell({
      ...this.#partition,
      happened: then === 'park' ? 'parked' : 'skipped',
      event: placeOf(event),
      error,
    })
  }

  /** Throws `HandlerFailed` for what a handler throws, at once or, as a deferred constraint does, at the end. */
  async #handle(events: readonly DomainEvent[], position: Position): Promise<void> {
    const { projection, tell } = this.#input
    const { holdBack } = projection.onFailure
    let held: readonly DomainEvent[] = []
    const work = async (transaction: ProjectionTransaction<Target>) => {
      const parked = holdBack ? await transaction.parkedStreams(events) : NONE
      held = events.filter((event) => parked.has(streamKey(event)))
      const free = held.length === 0 ? events : events.filter((event) => !held.includes(event))
      const began = performance.now()
      try {
        if (free.length > 0) await projection.project(free.map(projection.decode), transaction.target)
      } catch (error) {
        this.#thrown = { error }
        throw error
      } finally {
        this.#took += performance.now() - began
      }
      for (const event of held) await transaction.park(event, HELD_BACK)
    }
    try {
      await this.#alone(() => this.#commit(position, work))
    } catch (error) {
      const isStores = error instanceof Error && error.name === 'EventmillError'
      if (!this.#isThrown(error) && (isStores || error === this.#stopping.signal.reason)) throw error
      throw new HandlerFailed(error)
    }
    this.#error = undefined
    this.#rate.add(events.length)
    for (const event of held) {
      tell({ ...this.#partition, happened: 'parked', event: placeOf(event), error: HELD_BACK })
    }
    tell({ ...this.#partition, happened: 'projected', events: events.length - held.length, position })
  }

  /** Moves the checkpoint, and does `work` in the same transaction, over lost connections. */
  async #commit(
    position: Position,
    work: (transaction: ProjectionTransaction<Target>) => Promise<void>,
  ): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await this.#input.into.commit(this.#claim, position, work)
        break
      } catch (error) {
        // What a handler throws itself is for its policy, whatever it is.
        if (!isPassing(error) || this.#isThrown(error)) throw error
        this.#retrying(error)
        await pause(backOff(failures, SHORTEST_PAUSE, LONGEST_PAUSE), this.#stopping.signal)
      }
    }
    this.#claim = { ...this.#claim, position }
    this.#error = undefined
    this.#moveTo(position)
    this.#movedAt = performance.now()
    this.#input.moved()
  }

  #moveTo(position: Position): void {
    if (position > this.#passed) this.#speed.add(position - this.#passed)
    this.#passed = Math.max(this.#passed, position)
    this.#hasCaughtUp ||= this.#passed >= this.#head
  }

  #isThrown(error: unknown): boolean {
    return this.#thrown !== undefined && this.#thrown.error === error
  }

  #retrying(error: unknown, event?: EventPlace): void {
    this.#error = error
    this.#input.tell({
      ...this.#partition,
      happened: 'retrying',
      error,
      ...(event !== undefined && { event }),
    })
  }

  #alone(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

/** A handler threw the cause. */
class HandlerFailed extends Error {
  constructor(cause: unknown) {
    super('a handler failed', { cause })
  }
}

function placeOf({ aggregateType, aggregateId, sequence, position, type }: DomainEvent): EventPlace {
  return { stream: { aggregateType, aggregateId }, sequence, position, type }
}

const NONE: ReadonlySet<string> = new Set()

const HELD_BACK = 'held back: an event before it, of the same aggregate, is parked'

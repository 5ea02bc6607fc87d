import { initialVersion, nextVersion, type VersionedAggregate } from '../aggregates/aggregate-definition.ts'
import { isImmutable } from '../aggregates/freeze-state.ts'
import { type Target } from '../aggregates/command.ts'
import { type Generation } from '../events/event.ts'
import { type RestoredState, type Snapshots } from '../snapshots/snapshots.ts'
import { type EventStore } from '../store/event-store.ts'
import { type AggregateCache } from './aggregate-cache.ts'

/** Which past of an aggregate is read. */
export interface Past {
  /** Up to and including this generation. */
  readonly upTo?: Generation | undefined
  /** Up to and including this time, in milliseconds since 1970. */
  readonly until?: number | undefined
}

/**
 * Reads aggregates: on from what is known of them, from a snapshot, or from their first event. Every method throws
 * `EVENT_UNREADABLE`, what the store throws, and the signal's reason.
 */
export class AggregateReader {
  readonly #store: EventStore
  readonly #cache: AggregateCache
  readonly #snapshots: Snapshots

  constructor(store: EventStore, cache: AggregateCache, snapshots: Snapshots) {
    this.#store = store
    this.#cache = cache
    this.#snapshots = snapshots
  }

  /** An aggregate as it was when this `Core` saw it last, if it remembers: others may have gone on. */
  known(target: Target): VersionedAggregate | undefined {
    return this.#cache.get(target)?.aggregate
  }

  /** An aggregate as it is, on from `known`. */
  async newest(
    target: Target,
    known: VersionedAggregate | undefined,
    signal: AbortSignal | undefined,
  ): Promise<VersionedAggregate> {
    const { from, aggregate, eventId } = await this.#read(target, known, {}, signal)
    this.learn(target, from, aggregate, eventId)
    return aggregate
  }

  /** An aggregate as it was. */
  async past(target: Target, past: Past, signal: AbortSignal | undefined): Promise<VersionedAggregate> {
    const { upTo = Infinity, until } = past
    // The times of events may go back and forth with the clock: only their order tells which come before a time.
    if (until !== undefined) return (await this.#fold(target, initial(target), past, signal)).aggregate
    const known = this.known(target)
    if (known?.generation === upTo) return known
    const start = known !== undefined && known.generation < upTo ? known : undefined
    return (await this.#read(target, start, past, signal)).aggregate
  }

  /**
   * Remembers an aggregate that has got from one generation to another, the last with the event of this id, if any.
   * `decidedOn` is the state before, where a handler has seen it.
   */
  learn(
    target: Target,
    from: Generation,
    aggregate: VersionedAggregate,
    eventId: string | undefined,
    decidedOn?: unknown,
  ): void {
    if (eventId === undefined) return
    this.#cache.set(target, aggregate, eventId)
    this.#snapshots.keep(target, from, aggregate, eventId, decidedOn)
  }

  async #read(
    target: Target,
    known: VersionedAggregate | undefined,
    past: Past,
    signal: AbortSignal | undefined,
  ): Promise<Read> {
    // What a handler may have changed is read anew.
    if (known !== undefined && isImmutable(known.state)) {
      const remembered = this.#cache.get(target)
      if (remembered?.aggregate !== known) return this.#fold(target, known, past, signal)
      const { eventId } = remembered
      const { generation, state } = known
      const read = await this.#foldOn(target, { generation, eventId, state }, past, signal)
      if (read !== undefined) return read
      this.#cache.delete(target)
    }
    const snapshot = await this.#snapshots.find(target, past.upTo ?? Infinity, signal)
    if (snapshot !== undefined) {
      const read = await this.#foldOn(target, snapshot, past, signal)
      if (read !== undefined) return read
      await this.#snapshots.forget(target)
    }
    return this.#fold(target, initial(target), past, signal)
  }

  /** On from a state that was kept, if the stream still has the event after which it was: a failover may have lost that. */
  async #foldOn(
    { definition, aggregateId, stream }: Target,
    { generation: from, eventId: expected, state }: RestoredState,
    { upTo }: Past,
    signal: AbortSignal | undefined,
  ): Promise<Read | undefined> {
    let aggregate: VersionedAggregate | undefined
    let eventId = expected
    for await (const event of this.#store.readStream(stream, { after: from - 1, upTo, signal })) {
      if (aggregate !== undefined) {
        aggregate = nextVersion(definition, aggregate, event)
        eventId = event.id
      } else if (event.id === expected) {
        aggregate = { aggregateId, generation: from, position: event.position, state }
      } else break
    }
    return aggregate && { from, aggregate, eventId }
  }

  async #fold(
    { definition, stream }: Target,
    start: VersionedAggregate,
    { upTo, until = Infinity }: Past,
    signal: AbortSignal | undefined,
  ): Promise<Read> {
    let aggregate = start
    let eventId: string | undefined
    for await (const event of this.#store.readStream(stream, { after: start.generation, upTo, signal })) {
      if (until !== Infinity && Date.parse(event.time) > until) break
      aggregate = nextVersion(definition, aggregate, event)
      eventId = event.id
    }
    return { from: start.generation, aggregate, eventId }
  }
}

/** An aggregate, from which generation on it was read, and the id of the last event that was. */
interface Read {
  readonly from: Generation
  readonly aggregate: VersionedAggregate
  readonly eventId: string | undefined
}

function initial({ definition, aggregateId }: Target): VersionedAggregate {
  return initialVersion(definition, aggregateId)
}

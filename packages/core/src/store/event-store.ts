import {
  type DomainEvent,
  type Generation,
  type NewEvent,
  type Position,
  type Sequence,
} from '../events/event.ts'
import { type ExpectedGeneration, type StreamId } from '../events/stream.ts'

/**
 * Where events are kept. Every store, and everything that wraps one, fulfils this contract to the letter:
 *
 * 1. Sequences of a stream are contiguous from 1. Of racing appends with the same exact expectation, one wins.
 * 2. An append is all or nothing over all its streams, and survives what `capabilities.durable` says.
 * 3. Whoever has read position p through `readAll` never later finds a new event at a position ≤ p.
 * 4. Along positions each stream's sequences ascend, and the events of one append keep their order.
 * 5. A commit id applies once (see `AppendOptions.commitId`).
 * 6. A lost answer is resent under the same identity, or reported as `APPEND_OUTCOME_UNKNOWN`; never guessed.
 * 7. Data read equals data written, key order aside, and nothing that a caller holds can change what is stored.
 * 8. Reads hold bounded memory, and release everything on early break, error or abort.
 *
 * Every method fails with `ARGUMENT_INVALID` on arguments of the wrong form, with `STORE_CLOSED` after `close()`,
 * and with its signal's reason when aborted before it took effect. None throws when it is called: promises reject, and
 * reads fail when they are iterated.
 */
export interface EventStore {
  /** What it can do beyond the core of the contract. Never changes. */
  readonly capabilities: StoreCapabilities

  /**
   * Stores events at the ends of their streams, all of them or none.
   *
   * Fails with `GENERATION_CONFLICT` (the first stream that is not where it was expected), `STREAM_REPEATED`,
   * `COMMIT_ID_REUSED`, `VALUE_NOT_JSON`, `CAPABILITY_MISSING`, `STORE_BUSY` or `APPEND_OUTCOME_UNKNOWN`.
   */
  append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<AppendResult>

  /**
   * What an earlier append under this commit id resulted in, with `repeated: true`; `undefined` if there was
   * none. `stream` is that append's first stream.
   */
  findCommit(
    stream: StreamId,
    commitId: string,
    options?: FindCommitOptions,
  ): Promise<AppendResult | undefined>

  /** The events of one stream, in order; none for an unknown stream. May run ahead of `head()`. */
  readStream(stream: StreamId, options?: ReadStreamOptions): AsyncIterable<DomainEvent>

  /** The events of all streams in the store's total order, never beyond what `head()` may vouch for. */
  readAll(options?: ReadAllOptions): AsyncIterable<DomainEvent>

  /**
   * Position of the last event that no later append can precede; 0 when empty. An acknowledged append is not beyond
   * it, unless one that was begun before is still in flight.
   */
  head(): Promise<Position>

  /**
   * Resolves once `head()` may exceed `after`; rejects with the signal's reason on abort. Present where
   * `capabilities.push` is true.
   */
  waitForAppend?(after: Position, signal: AbortSignal): Promise<void>

  /**
   * Releases what the store opened itself, and fails what still waits or reads. It may wait for appends in flight, and for
   * nothing else. Closing twice is fine.
   */
  close(): Promise<void>
}

/** The events that one stream gets. Without events, only the expectation is checked. */
export interface StreamAppend {
  /** The stream, which one append names once. */
  readonly stream: StreamId
  /** Where the stream must be; elsewhere the whole append fails with `GENERATION_CONFLICT`. */
  readonly expected: ExpectedGeneration
  /** The events, in their order. */
  readonly events: readonly NewEvent[]
}

/** How events are appended. */
export interface AppendOptions {
  /**
   * Makes the append idempotent, within its first stream. The same id again, with the same events for the same
   * streams, returns the original events with `repeated: true` and applies nothing, whatever is `expected`; with
   * other content it is `COMMIT_ID_REUSED`. Rejected appends, and appends without any event, are not remembered.
   */
  readonly commitId?: string | undefined
  /** Aborted before the append takes effect: nothing is stored. Aborted in flight: `APPEND_OUTCOME_UNKNOWN`. */
  readonly signal?: AbortSignal | undefined
}

/** What an append has stored. */
export interface AppendResult {
  /** The streams of the append, in its order, those that got no event included. */
  readonly streams: readonly StreamId[]
  /** The stored events, stream by stream, exactly as `readStream` yields them. */
  readonly events: readonly DomainEvent[]
  /** The generation of each stream right after the append. */
  readonly generations: readonly Generation[]
  /** Whether an earlier append under the same commit id had stored these events already. */
  readonly repeated: boolean
}

/** How an earlier append is looked up. */
export interface FindCommitOptions {
  /** Aborted before it is found: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Which events of a stream are read. Default: all of them, the oldest first. */
export interface ReadStreamOptions {
  /** Only events after this sequence. Default 0. */
  readonly after?: Sequence | undefined
  /** Only events up to and including this sequence. Default: the end. */
  readonly upTo?: Sequence | undefined
  /** At most so many, counted from where reading starts; 0 yields nothing. Default: all. */
  readonly limit?: number | undefined
  /** Reverses the order; the range stays the same. Default false. */
  readonly backwards?: boolean | undefined
  /** Aborted before the last event: the iteration fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Which events of a store are read. Default: all up to its head, the oldest first. */
export interface ReadAllOptions {
  /** Only events after this position. Default 0. */
  readonly after?: Position | undefined
  /** Only events up to and including this position. Default: the head. */
  readonly upTo?: Position | undefined
  /** At most so many, counted from where reading starts; 0 yields nothing. Default: all. */
  readonly limit?: number | undefined
  /** Reverses the order; the range stays the same. Default false. */
  readonly backwards?: boolean | undefined
  /** Only events that match. Default: all. */
  readonly filter?: EventFilter | undefined
  /** Aborted before the last event: the iteration fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Items are OR, the fields of one item AND, the entries of one list OR: `[]` matches nothing, `[{}]` everything.
 * `tags` is reserved.
 */
export type EventFilter = readonly EventFilterItem[]

/** What an event must be to match. A field that is left out matches every event. */
export interface EventFilterItem {
  /** Its namespace is this one. */
  readonly source?: string | undefined
  /** Its type is one of these, of whichever namespace. */
  readonly types?: readonly string[] | undefined
  /** The type of its aggregate is one of these. */
  readonly aggregateTypes?: readonly string[] | undefined
}

/** What a store can do beyond the contract's core. What it declines it refuses; it never ignores. */
export interface StoreCapabilities {
  /** What an acknowledged append survives: nothing, the end of the process, or the loss of power. */
  readonly durable: 'none' | 'process' | 'machine'
  /** Whether one append may span several streams. */
  readonly multiStream: boolean
  /** Whether `waitForAppend` is present. */
  readonly push: boolean
  /** How long commit ids are remembered. */
  readonly commitIds: 'forever' | { readonly seconds: number }
  /** Whether it is a transaction of the user's, and what it acknowledges may be rolled back. Default: no. */
  readonly provisional?: boolean | undefined
}

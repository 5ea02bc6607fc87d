import { checkInteger, checkKeys, invalidArgument } from '../argument-checks.ts'
import { type DomainEvent, type Position } from '../events/event.ts'
import { eventCodec } from '../events/event-codec.ts'
import { type AnyNamespace, type EventOf, type StoredEvent } from '../events/namespace.ts'
import { type EventFilter, type EventStore } from '../store/event-store.ts'
import { checkFilter, checkSignal } from '../store/store-arguments.ts'
import { type Batch, batchesOf } from './batches.ts'

/** Which events, and how. */
export interface SubscribeOptions<Namespace = never> {
  /** Only the events of these namespaces, of the types that they define, decoded. Default: all, as they are stored. */
  readonly events?: Namespace | readonly Namespace[] | undefined
  /** Only events that match, as they are stored. Not together with `events`. */
  readonly filter?: EventFilter | undefined
  /** Only events after this position. Default 0: from the first one. */
  readonly after?: Position | undefined
  /** So many events at most make a batch. Default 500. */
  readonly batchSize?: number | undefined
  /** Ends the subscription: its iteration is over, and does not fail. */
  readonly signal?: AbortSignal | undefined
  /** Told what went wrong before it is tried again; what it throws ends the subscription. */
  readonly onRetry?: ((error: unknown) => unknown) | undefined
}

/** The events of a store, one by one or in batches. Each iteration starts anew. */
export interface Subscription<Event> extends AsyncIterable<Event> {
  /** The events in batches, each with the position from which to go on: also when only others have arrived. */
  batches(): AsyncIterable<Batch<Event>>
}

/**
 * All events that a store has, and then those that it gets, in the order of their positions, each exactly once, until the
 * signal is aborted or the loop is left. The next ones are read when the consumer asks for them.
 *
 * What passes by itself (`STORE_UNREACHABLE`, `STORE_BUSY`) is tried again, after pauses of up to 2 seconds. The iteration
 * fails with `CHECKPOINT_AHEAD` where the store has lost events that were seen, with `EVENT_UNREADABLE`, and with whatever
 * else the store fails with. Throws `ARGUMENT_INVALID`, and `DEFINITION_INVALID` where two namespaces share a source.
 */
export function subscribe<Namespace extends AnyNamespace = never>(
  store: EventStore,
  options: SubscribeOptions<Namespace> = {},
): Subscription<[Namespace] extends [never] ? DomainEvent : StoredEvent<EventOf<Namespace>>> {
  checkKeys(options, OPTIONS, 'options')
  const { events, filter, after = 0, batchSize = 500, signal, onRetry } = options
  checkInteger(after, 0, 'options.after')
  if (filter !== undefined) checkFilter(filter)
  checkInteger(batchSize, 1, 'options.batchSize')
  // A subscription that is aborted already is empty.
  if (signal?.aborted !== true) checkSignal(signal)
  if (onRetry !== undefined && typeof onRetry !== 'function') {
    throw invalidArgument('options.onRetry', 'a function', onRetry)
  }
  if (events !== undefined && filter !== undefined) {
    throw invalidArgument('options', 'given either events or a filter')
  }
  const namespaces = [events ?? []].flat() as readonly AnyNamespace[]
  const input = {
    store,
    filter: events === undefined ? filter : namespaces.map(({ source, types }) => ({ source, types })),
    decode: events === undefined ? (event: DomainEvent) => event : eventCodec(namespaces).decode,
    after,
    batchSize,
    signal,
    onRetry,
  }
  const subscription: Subscription<DomainEvent> = {
    batches: () => batchesOf(input),
    async *[Symbol.asyncIterator]() {
      for await (const { events } of batchesOf(input)) {
        for (const event of events) {
          if (signal?.aborted === true) return
          yield event
        }
      }
    },
  }
  // What the events are decoded to, the namespaces say.
  return subscription as never
}

const OPTIONS = new Set(['events', 'filter', 'after', 'batchSize', 'signal', 'onRetry'])

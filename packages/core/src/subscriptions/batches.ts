import { isPassing } from '../errors.ts'
import { type DomainEvent, type Position } from '../events/event.ts'
import { backOff, pause } from '../pause.ts'
import { checkpointAhead } from '../store/checkpoint-ahead.ts'
import { type EventFilter, type EventStore } from '../store/event-store.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { Arrivals } from './arrivals.ts'

/** Events that follow each other in a subscription. */
export interface Batch<Event = DomainEvent> {
  /** In their order. None where only others have arrived, or, at the beginning and after a failure, nothing. */
  readonly events: readonly Event[]
  /** Up to here all events have been delivered, or do not match: go on after it. */
  readonly position: Position
  /** Where the store ended when these were read: at `position`, they were the last. */
  readonly head: Position
}

/** What a subscription works with. */
export interface SubscriptionInput {
  readonly store: EventStore
  readonly filter: EventFilter | undefined
  /** The event as it is delivered. What it throws ends the subscription, after the events before. */
  readonly decode: (event: DomainEvent) => DomainEvent
  readonly after: Position
  readonly batchSize: number
  readonly signal: AbortSignal | undefined
  readonly onRetry: ((error: unknown) => unknown) | undefined
}

/** In milliseconds: a store that restarts is found again within seconds, and not overrun when it is back. */
const SHORTEST = 10
const LONGEST = 2_000

/** The events after a position, then those that arrive, until the signal is aborted. It reads again what a lost connection has cut off. */
export async function* batchesOf(input: SubscriptionInput): AsyncGenerator<Batch, void> {
  const { store, signal = new AbortController().signal, onRetry } = input
  const arrivals = new Arrivals(store)
  let { after } = input
  let failures = 0
  let isAtHead = false
  for (;;) {
    try {
      const head = await unlessAborted(store.head(), signal)
      if (head < after) throw checkpointAhead(after, head)
      if (head > after) {
        arrivals.arrived()
        for await (const batch of readBatches(input, after, head, signal)) {
          failures = 0
          after = batch.position
          yield batch
        }
      } else if (!isAtHead) yield { events: [], position: head, head }
      isAtHead = true
      await arrivals.wait(after, signal)
      failures = 0
    } catch (error) {
      isAtHead = false
      if (signal.aborted) return
      if (!isPassing(error)) throw error
      onRetry?.(error)
      await pause(backOff(failures++, SHORTEST, LONGEST), signal).catch(() => undefined)
    }
  }
}

/** All events between two positions. */
async function* readBatches(
  { store, filter, decode, batchSize }: SubscriptionInput,
  after: Position,
  head: Position,
  signal: AbortSignal,
): AsyncGenerator<Batch, void> {
  let events: DomainEvent[] = []
  let position = after
  try {
    for await (const stored of store.readAll({ after, upTo: head, filter, signal })) {
      if (events.length === batchSize) {
        yield { events, position, head }
        events = []
      }
      events.push(decode(stored))
      position = stored.position
    }
  } catch (error) {
    // What was read before it failed is not read again.
    if (events.length > 0 && !signal.aborted) yield { events, position, head }
    throw error
  }
  // Whoever gives up gets no batch that was only just read.
  signal.throwIfAborted()
  yield { events, position: head, head }
}

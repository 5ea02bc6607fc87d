import {
  type DomainEvent,
  type EventStore,
  type NewEvent,
  type StreamAppend,
  type StreamId,
} from '@eventmill/core'

/** The namespace of the events that the rules append. */
export const source = 'https://example.com/conformance'

/** An event that says `n`. */
export function noted(n: number, type = 'Noted'): NewEvent {
  return { source, type, version: 1, data: { n } }
}

/** Events that say 1 to `count`. */
export function notes(count: number): readonly NewEvent[] {
  return Array.from({ length: count }, (_, index) => noted(index + 1))
}

/** A stream of the type `Ledger`, unless told otherwise. */
export function stream(aggregateId: string, aggregateType = 'Ledger'): StreamId {
  return { aggregateType, aggregateId }
}

/** An append of events to one stream that expects nothing, unless told otherwise. */
export function to(
  target: StreamId,
  events: readonly NewEvent[],
  expected: StreamAppend['expected'] = 'any',
): StreamAppend {
  return { stream: target, expected, events }
}

/** Brings a fresh stream to a generation. */
export async function grow(store: EventStore, target: StreamId, generation: number): Promise<void> {
  if (generation > 0) await store.append([to(target, notes(generation), 0)])
}

/** All that a read yields. */
export async function collect(events: AsyncIterable<DomainEvent>): Promise<DomainEvent[]> {
  const collected: DomainEvent[] = []
  for await (const event of events) collected.push(event)
  return collected
}

/** What the events of a read say. */
export async function numbers(events: AsyncIterable<DomainEvent>): Promise<unknown[]> {
  return (await collect(events)).map(({ data }) => (data as { readonly n?: unknown }).n)
}

/** Numbers from 1 to `count`. */
export function oneTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

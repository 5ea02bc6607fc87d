import { defineAggregate, defineEvents, event, type EventStore } from '@eventmill/core'

export const counterEvents = defineEvents('https://example.com/counter', {
  Incremented: event<{ by: number }>(),
})

export const Counter = defineAggregate({
  type: 'Counter',
  events: counterEvents,
  initialize: (_id: string) => 0,
  apply: { Incremented: (count, { data }) => count + data.by },
  handle: { Increment: (_count, { by }: { by: number }) => counterEvents.Incremented({ by }) },
})

/** Stores so many events of 1,000 counters. */
export async function fill(store: EventStore, stored: number): Promise<void> {
  const events = Array.from({ length: 100 }, () => counterEvents.Incremented({ by: 1 }))
  for (let index = 0; index < stored / events.length; index++) {
    const stream = { aggregateType: 'Counter', aggregateId: `stored-${index % 1_000}` }
    await store.append([{ stream, expected: 'any', events }])
  }
}

import { type DomainEvent, subscribe } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { counterEvents, fill } from './counter.ts'
import { rate } from './rate.ts'

/** Events a second, of those that a store in memory holds. */
export interface CatchUpRates {
  /** To a subscriber that does nothing with each. */
  readonly events: number
  /** To one that takes them in batches. */
  readonly batches: number
  /** Of an async generator over an array, the least that an iteration takes. */
  readonly bare: number
}

/** How fast a subscriber of a namespace gets so many events. */
export async function memoryCatchUp(stored: number): Promise<CatchUpRates> {
  const store = new InMemoryStore()
  await fill(store, stored)
  const all = await Array.fromAsync(store.readAll())
  const options = { events: counterEvents }
  return {
    events: await rate(stored, () => take(subscribe(store, options), stored, () => 1)),
    batches: await rate(stored, () =>
      take(subscribe(store, options).batches(), stored, ({ events }) => events.length),
    ),
    bare: await rate(stored, () => take(each(all), stored, () => 1)),
  }
}

async function take<Item>(
  items: AsyncIterable<Item>,
  count: number,
  size: (item: Item) => number,
): Promise<void> {
  let taken = 0
  for await (const item of items) {
    taken += size(item)
    if (taken === count) return
  }
}

async function* each(events: readonly DomainEvent[]): AsyncGenerator<DomainEvent, void> {
  for (const event of events) yield event
}

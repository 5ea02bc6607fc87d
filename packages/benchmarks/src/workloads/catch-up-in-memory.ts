import { type DomainEvent, subscribe } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { accountEvents, accountStream, deposited } from '../contenders/account.ts'
import { alternate } from '../measuring/alternate.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

export const catchUpInMemory: Workload = {
  about:
    'a subscriber that does nothing with what a store in memory holds; for bare, an async generator over an array',
  run: async function* (bench) {
    for (const stored of [100_000, 1_000_000]) {
      const count = scaled(bench, stored / 100) * 100
      const store = new InMemoryStore()
      const events = Array.from({ length: 100 }, () => deposited)
      for (let index = 0; index < count / 100; index++) {
        await store.append([{ stream: accountStream(index % 1_000), expected: 'any', events }])
      }
      const all = await Array.fromAsync(store.readAll())
      const options = { events: accountEvents }
      const name = `catch-up in memory, ${count.toLocaleString('en')} events`
      const values = await alternate(bench, name, {
        eventmill: () => taken(subscribe(store, options), count, () => 1),
        'eventmill, batches': () =>
          taken(subscribe(store, options).batches(), count, (batch) => batch.events.length),
        bare: () => taken(each(all), count, () => 1),
      })
      yield { name, unit: '/s', values, bar: { of: 'eventmill', atLeast: 200_000 } } satisfies Row
    }
  },
}

async function taken<Item>(
  items: AsyncIterable<Item>,
  count: number,
  size: (item: Item) => number,
): Promise<number> {
  const start = performance.now()
  let done = 0
  for await (const item of items) {
    done += size(item)
    if (done === count) break
  }
  return (done * 1_000) / (performance.now() - start)
}

async function* each(events: readonly DomainEvent[]): AsyncGenerator<DomainEvent, void> {
  for (const event of events) yield event
}

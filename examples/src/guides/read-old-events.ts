import { subscribe } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { concertEvents } from './priced-events.ts'

const store = new InMemoryStore()
const stream = { aggregateType: 'Concert', aggregateId: 'jazz' }
const old = {
  source: 'https://example.com/concert',
  type: 'Booked',
  version: 1,
  data: { guest: 'ada@example.com', seats: 2 },
}
const today = concertEvents.Booked({ guest: 'bob@example.com', seats: 1, cents: 25_00 })
await store.append([{ stream, expected: 0, events: [old, today] }])

for await (const { version, data } of subscribe(store, { events: concertEvents })) {
  console.log(`version ${version}: ${data.cents / 100} euros`)
  if (data.guest.startsWith('bob')) break
}

import { Core } from '@eventmill/core'
import { InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'
import { Concert } from './concert.ts'
import { freeSeats } from './free-seats.ts'

const store = new InMemoryStore()
const list = new Map<string, number>()
const projections = new Projections(store, {
  into: new InMemoryProjectionStore(list),
  projections: [freeSeats],
})
await projections.start()

const core = new Core(store)
const { Announce, Book } = Concert.commands
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 3 }))
const booked = await core.dispatchCommand(Book('jazz', { guest: 'ada@example.com', seats: 2 }))

// Who has just booked wants to see it.
await projections.waitFor(freeSeats, booked.position)
console.log(list)
await projections.stop()

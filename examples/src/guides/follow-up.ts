import { Core, subscribe } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { concertEvents } from './concert-events.ts'
import { Concert } from './concert.ts'

const store = new InMemoryStore()
const core = new Core(store)
const { Announce, Book } = Concert.commands
await core.dispatchCommand(Announce('friday', { title: 'Jazz night', seats: 2 }))
await core.dispatchCommand(Announce('aftershow', { title: 'With the band', seats: 2 }))
await core.dispatchCommand(Book('friday', { guest: 'ada@example.com', seats: 1 }))

// Whoever has booked Friday is invited to the party: tried twice here, done once.
for (const _attempt of [1, 2]) {
  for await (const event of subscribe(store, { events: concertEvents })) {
    if (event.aggregateId !== 'friday' || event.type !== 'Booked') continue
    const invite = Book('aftershow', event.data, { commandId: `invited for ${event.id}` })
    await core.dispatchCommand(invite)
    break
  }
}
const { state } = await core.load(Concert, 'aftershow')
console.log(`after the show: ${state.free} free`)

import { Core, defineCommand } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { concertEvents } from './concert-events.ts'
import { Concert, SoldOut } from './concert.ts'

const MoveBooking = defineCommand({
  type: 'MoveBooking',
  aggregates: { from: Concert, to: Concert },
  handle: ({ from, to }, { guest }: { guest: string }) => {
    const seats = from.bookings[guest] ?? 0
    if (seats === 0) return { from: [] }
    if (to.free < seats) throw new SoldOut(to.free)
    return { from: concertEvents.Cancelled({ guest }), to: concertEvents.Booked({ guest, seats }) }
  },
})

const core = new Core(new InMemoryStore())
const { Announce, Book } = Concert.commands
for (const evening of ['friday', 'saturday']) {
  await core.dispatchCommand(Announce(evening, { title: 'Jazz night', seats: 2 }))
}
const guest = 'ada@example.com'
await core.dispatchCommand(Book('friday', { guest, seats: 2 }))

const { from, to } = await core.dispatchCommand(MoveBooking({ from: 'friday', to: 'saturday' }, { guest }))
console.log(`friday: ${from.state.free} free, saturday: ${to.state.free} free`)

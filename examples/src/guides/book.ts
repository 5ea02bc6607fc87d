import { Core } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Concert, SoldOut } from './concert.ts'

const core = new Core(new InMemoryStore())
const { Announce, Book } = Concert.commands

await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 3 }))
const { state, generation } = await core.dispatchCommand(Book('jazz', { guest: 'ada@example.com', seats: 2 }))
console.log(`free: ${state.free}, after ${generation} events`)

// Two guests want the last seat at the same moment.
const race = await Promise.allSettled([
  core.dispatchCommand(Book('jazz', { guest: 'bob@example.com', seats: 1 })),
  core.dispatchCommand(Book('jazz', { guest: 'cleo@example.com', seats: 1 })),
])
for (const outcome of race) {
  const soldOut = outcome.status === 'rejected' && outcome.reason instanceof SoldOut
  console.log(soldOut ? 'sold out' : outcome.status)
}

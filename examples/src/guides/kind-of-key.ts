import { Core } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Concert } from './concert.ts'

const core = new Core(new InMemoryStore())
const { Announce, Book, Cancel } = Concert.commands
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 10 }))
const guest = 'ada@example.com'

// A client that sends one key with two requests, and a server that hands it on as it is.
const key = 'a1'
await core.dispatchCommand(Book('jazz', { guest, seats: 2 }, { commandId: key }))
const taken = await core.dispatchCommand(Cancel('jazz', { guest }, { commandId: key }))
console.log(`${taken.state.free} free: that is the booking again, and nothing was cancelled`)

// With the kind in the id, these are two intents.
const cancelled = await core.dispatchCommand(Cancel('jazz', { guest }, { commandId: `cancel:${key}` }))
console.log(`${cancelled.state.free} free`)

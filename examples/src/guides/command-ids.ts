import { randomUUID } from 'node:crypto'
import { Core, hasCode } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Concert } from './concert.ts'

const core = new Core(new InMemoryStore())
const { Announce, Book } = Concert.commands
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 10 }))

const commandId = randomUUID()
const book = Book('jazz', { guest: 'ada@example.com', seats: 2 }, { commandId })
const first = await core.dispatchCommand(book)
await core.dispatchCommand(Book('jazz', { guest: 'bob@example.com', seats: 3 }))
const again = await core.dispatchCommand(book)
console.log(`first: ${first.state.free} free, again: ${again.state.free} free`)

// A command that names the generation it was decided by the user on is refused once that is old.
const stale = Book('jazz', { guest: 'cleo@example.com', seats: 1 }, { generation: 1 })
await core.dispatchCommand(stale).catch((error: unknown) => {
  if (!hasCode(error, 'GENERATION_CONFLICT')) throw error
  console.log(`expected ${error.expected}, found ${error.actual}`)
})

import { Core, type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Concert } from './concert.ts'

/** Stores all events of one store in another, in their order. Interrupted, it begins again, and adds what is missing. */
async function copyStore(from: EventStore, to: EventStore): Promise<void> {
  for await (const { id, aggregateType, aggregateId, sequence, ...event } of from.readAll()) {
    const { source, type, version, data, metadata } = event
    const stream = { aggregateType, aggregateId }
    const events = [{ source, type, version, data, metadata }]
    await to.append([{ stream, expected: sequence - 1, events }], { commitId: id })
  }
}

const old = new InMemoryStore()
const { Announce, Book } = Concert.commands
await new Core(old).dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 100 }))

const fresh = new InMemoryStore()
await copyStore(old, fresh)
await new Core(old).dispatchCommand(Book('jazz', { guest: 'ada@example.com', seats: 2 }))
await copyStore(old, fresh)
const { state, generation } = await new Core(fresh).load(Concert, 'jazz')
console.log(`free: ${state.free}, after ${generation} events`)

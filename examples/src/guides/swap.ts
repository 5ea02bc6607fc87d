import { Core } from '@eventmill/core'
import { Concert } from './concert.ts'
import { openStore } from './open-store.ts'

for (const url of [undefined, 'pglite:', process.env.DATABASE_URL]) {
  const { store, close } = await openStore(url)
  const { Announce, Book } = Concert.commands
  const core = new Core(store)
  await core.dispatchCommand(Announce('blues', { title: 'Blues', seats: 10 }))
  const { state } = await core.dispatchCommand(Book('blues', { guest: 'ada@example.com', seats: 2 }))
  console.log(`free: ${state.free}, durable: ${store.capabilities.durable}`)
  await close()
}

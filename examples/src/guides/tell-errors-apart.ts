import { Core, hasCode } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Concert } from './concert.ts'

const core = new Core(new InMemoryStore())
const { Announce, Cancel } = Concert.commands
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 1 }))
try {
  await core.dispatchCommand(Announce('jazz', { title: 'Swing', seats: 1 }, { generation: 0 }))
} catch (error) {
  if (!hasCode(error, 'GENERATION_CONFLICT')) throw error
  // Its fields are typed by now.
  console.log(`${error.stream.aggregateId} is at generation ${error.actual}`)
}
await core.dispatchCommand(Cancel('jazz', { guest: 'ada@example.com' }))

import { Core, type Middleware } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Concert } from './concert.ts'

const outcomes = new WeakMap<object, 'stored' | 'unchanged' | 'repeated'>()

const noteOutcome: Middleware = async (command, next, dispatch) => {
  const result = await next()
  const outcome = dispatch.events.length > 0 ? 'stored' : 'unchanged'
  outcomes.set(command, dispatch.repeated ? 'repeated' : outcome)
  return result
}

const core = new Core(new InMemoryStore(), { middleware: [noteOutcome] })
const { Announce, Cancel } = Concert.commands
const announce = Announce('jazz', { title: 'Jazz night', seats: 10 }, { commandId: 'announce jazz' })
const cancel = Cancel('jazz', { guest: 'ada@example.com' })

for (const command of [announce, announce, cancel]) {
  const { generation } = await core.dispatchCommand(command)
  console.log(`${command.type}: generation ${generation}, ${outcomes.get(command)}`)
}

import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'

const counterEvents = defineEvents('https://example.com/counter', {
  Incremented: event<{ by: number }>(),
  Reset: event(),
})

const Counter = defineAggregate({
  type: 'Counter',
  events: counterEvents,
  initialize: (_name: string) => 0,
  apply: {
    Incremented: (count, { data }) => count + data.by,
    Reset: () => 0,
  },
  handle: {
    Increment: (_count, { by }: { by: number }) => counterEvents.Incremented({ by }),
    Reset: (count) => (count === 0 ? [] : counterEvents.Reset()),
  },
})
const store = new InMemoryStore()
const core = new Core(store)
console.log(await core.dispatchCommand(Counter.commands.Increment('clicks', { by: 2 })))
console.log(await core.dispatchCommand(Counter.commands.Reset('clicks')))
console.log(await core.dispatchCommand(Counter.commands.Reset('clicks')))
console.log(await core.load(Counter, 'clicks', { generation: 1 }))
await core
  .dispatchCommand(Counter.commands.Reset('clicks', undefined, { generation: 1 }))
  .catch((e) => console.log(e))

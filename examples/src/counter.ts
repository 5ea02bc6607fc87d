import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'

// What can happen to a counter. The URI owns these names: nobody else's Reset
// is mistaken for this one.
const counterEvents = defineEvents('https://example.com/counter', {
  Incremented: event<{ by: number }>(),
  Reset: event(),
})

// Commands become events in `handle`; events become state in `apply`, and only there.
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

const core = new Core(new InMemoryStore())
const { Increment, Reset } = Counter.commands

await core.dispatchCommand(Increment('clicks', { by: 2 }))
await core.dispatchCommand(Increment('clicks', { by: 3 }))
await core.dispatchCommand(Reset('clicks'))
const clicks = await core.dispatchCommand(Increment('clicks', { by: 1 }))
console.log(`The counter stands at ${clicks.state}, and this is why:\n`)

// Only events are stored. Every state, today's or an earlier one, is computed from them.
console.log(await core.explain(Counter, 'clicks'))

const past = await core.load(Counter, 'clicks', { generation: 1 })
console.log(`At generation 1 it stood at ${past.state}.`)

console.log('Now two clients act at once on what they saw at generation 4:\n')
const race = await Promise.allSettled([
  core.dispatchCommand(Increment('clicks', { by: 10 }, { generation: 4 })),
  core.dispatchCommand(Increment('clicks', { by: 20 }, { generation: 4 })),
])
for (const outcome of race) {
  console.log(outcome.status === 'fulfilled' ? `won: ${outcome.value.state}` : `lost: ${outcome.reason}`)
}

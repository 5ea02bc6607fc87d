import { Core, defineAggregate, defineEvents, event, hasCode } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'

const counterEvents = defineEvents('https://example.com/counter', {
  Incremented: event<{ by: number }>(),
  Reset: event(),
})

export const Counter = defineAggregate({
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

export async function run(): Promise<unknown> {
  const core = new Core(new InMemoryStore())
  const incremented = await core.dispatchCommand(Counter.commands.Increment('clicks', { by: 2 }))
  const reset = await core.dispatchCommand(Counter.commands.Reset('clicks'))
  const before = await core.load(Counter, 'clicks', { generation: 1 })
  const stale = Counter.commands.Increment('clicks', { by: 1 }, { generation: before.generation })
  const conflict = await core.dispatchCommand(stale).then(
    () => 'no conflict',
    (error: unknown) =>
      hasCode(error, 'GENERATION_CONFLICT')
        ? { expected: error.expected, actual: error.actual }
        : String(error),
  )
  return { incremented, reset, before, conflict }
}

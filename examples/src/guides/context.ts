import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'

const orderEvents = defineEvents('https://example.com/order', {
  Placed: event<{ cents: number }>(),
})

interface Prices {
  readonly of: (article: string) => Promise<number>
}

const Order = defineAggregate({
  type: 'Order',
  events: orderEvents,
  initialize: (_id: string) => ({ placed: false }),
  apply: { Placed: () => ({ placed: true }) },
  handle: {
    Place: async ({ placed }, { article }: { article: string }, prices: Prices) =>
      placed ? [] : orderEvents.Placed({ cents: await prices.of(article) }),
  },
})

const core = new Core(new InMemoryStore())
const prices = { of: async () => 1_200 }
// The command demands its context, and the compiler its type.
const place = Order.commands.Place('1', { article: 'vinyl' })
await core.dispatchCommand(place, { context: prices })
console.log(await core.explain(Order, '1', { width: 60 }))

import { defineAggregate } from '@eventmill/core'
import { stockEvents } from './events.zod.ts'

export class OutOfStock extends Error {
  constructor(wanted: number, left: number) {
    super(`${wanted} are wanted, ${left} are left`)
  }
}

// An article on stock. Commands become events in `handle`; events become state, here a number, in `apply`.
export const Stock = defineAggregate({
  type: 'Stock',
  events: stockEvents,
  initialize: (_article: string) => 0,
  apply: {
    Received: (left, { data }) => left + data.quantity,
    Shipped: (left, { data }) => left - data.quantity,
  },
  handle: {
    Receive: (_left, data: { quantity: number }) => stockEvents.Received(data),
    Ship: (left, data: { quantity: number; to: string }) => {
      if (data.quantity > left) throw new OutOfStock(data.quantity, left)
      return stockEvents.Shipped(data)
    },
  },
})

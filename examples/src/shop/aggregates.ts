import { defineAggregate, defineCommand } from '@eventmill/core'
import { cartEvents, orderEvents, stockEvents } from './events.ts'

export interface Line {
  readonly product: string
  readonly units: number
  readonly cents: number
}

export const Cart = defineAggregate({
  type: 'Cart',
  events: cartEvents,
  initialize: (_customer: string): { readonly lines: readonly Line[] } => ({ lines: [] }),
  apply: {
    ItemAdded: ({ lines }, { data }) => ({ lines: [...lines, data] }),
    CheckedOut: (_cart) => ({ lines: [] }),
  },
  handle: {
    Add: (_cart, line: Line) => cartEvents.ItemAdded(line),
  },
})

export const Order = defineAggregate({
  type: 'Order',
  events: orderEvents,
  initialize: (_number: string): 'new' | 'open' | 'shipped' | 'cancelled' => 'new',
  apply: { Placed: (_order) => 'open', Shipped: (_order) => 'shipped', Cancelled: (_order) => 'cancelled' },
  handle: {
    Ship: (order) => {
      if (order !== 'open') throw new Error(`an order that is ${order} cannot be shipped`)
      return orderEvents.Shipped({})
    },
    Cancel: (order) => {
      if (order !== 'open') throw new Error(`an order that is ${order} cannot be cancelled`)
      return orderEvents.Cancelled({})
    },
  },
})

/** One for each product. */
export const Stock = defineAggregate({
  type: 'Stock',
  events: stockEvents,
  initialize: (_product: string) => 0,
  apply: { Received: (left, { data }) => left + data.units, Taken: (left, { data }) => left - data.units },
  handle: {
    Receive: (_left, units: number) => stockEvents.Received({ units }),
    Take: (left, { units, order }: { units: number; order: string }) => {
      if (left < units) throw new Error(`only ${left} left`)
      return stockEvents.Taken({ units, order })
    },
  },
})

/** What is in the cart becomes an order: both or neither. */
export const CheckOut = defineCommand({
  type: 'CheckOut',
  aggregates: { cart: Cart, order: Order },
  handle: ({ cart, order }, number: string) => {
    if (cart.lines.length === 0) throw new Error('the cart is empty')
    if (order !== 'new') throw new Error('there is such an order already')
    return {
      cart: cartEvents.CheckedOut({ order: number }),
      order: orderEvents.Placed({ lines: [...cart.lines] }),
    }
  },
})

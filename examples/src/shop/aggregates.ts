import { defineAggregate } from '@eventmill/core'
import { cartEvents, type Line, orderEvents, type Product, warehouseEvents } from './events.ts'

/** One for each customer. */
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

export interface OrderState {
  readonly number: string
  readonly status: 'new' | 'open' | 'shipped' | 'cancelled'
  readonly lines: readonly Line[]
}

/** Placed and cancelled together with others: see `CheckOut` and `Cancel`. */
export const Order = defineAggregate({
  type: 'Order',
  events: orderEvents,
  initialize: (number: string): OrderState => ({ number, status: 'new', lines: [] }),
  apply: {
    Placed: (order, { data }) => ({ ...order, status: 'open', lines: data.lines }),
    Shipped: (order) => ({ ...order, status: 'shipped' }),
    Cancelled: (order) => ({ ...order, status: 'cancelled' }),
  },
  handle: {
    Ship: ({ status }) => {
      if (status !== 'open') throw new Error(`an order that is ${status} cannot be shipped`)
      return orderEvents.Shipped({})
    },
  },
})

/**
 * The units of all products, so that an order of any number of them is decided at once. The price is that all
 * check-outs of a warehouse come one after the other.
 */
export const Warehouse = defineAggregate({
  type: 'Warehouse',
  events: warehouseEvents,
  initialize: (_place: string): { readonly [product in Product]: number } => ({ tea: 0, kettle: 0, cup: 0 }),
  apply: {
    Received: (left, { data }) => ({ ...left, [data.product]: left[data.product] + data.units }),
    Taken: (left, { data }) => ({ ...left, [data.product]: left[data.product] - data.units }),
    PutBack: (left, { data }) => ({ ...left, [data.product]: left[data.product] + data.units }),
  },
  handle: {
    Receive: (_left, delivery: { product: Product; units: number }) => warehouseEvents.Received(delivery),
  },
})

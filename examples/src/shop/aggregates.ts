import { defineAggregate, defineCommand } from '@eventmill/core'
import { cartEvents, orderEvents, warehouseEvents } from './events.ts'

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

interface OrderState {
  readonly status: 'new' | 'open' | 'shipped' | 'cancelled'
  readonly lines: readonly Line[]
}

export const Order = defineAggregate({
  type: 'Order',
  events: orderEvents,
  initialize: (_number: string): OrderState => ({ status: 'new', lines: [] }),
  apply: {
    Placed: (_order, { data }) => ({ status: 'open', lines: data.lines }),
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

/** The units of each product that are left. There is one warehouse: orders that want the same units are decided one by one. */
export const Warehouse = defineAggregate({
  type: 'Warehouse',
  events: warehouseEvents,
  initialize: (_place: string): { readonly [product: string]: number } => ({}),
  apply: {
    Received: (left, { data }) => changed(left, data.product, data.units),
    Taken: (left, { data }) => changed(left, data.product, -data.units),
    Returned: (left, { data }) => changed(left, data.product, data.units),
  },
  handle: {
    Receive: (_left, received: { product: string; units: number }) => warehouseEvents.Received(received),
  },
})

function changed(left: { readonly [product: string]: number }, product: string, units: number) {
  return { ...left, [product]: (left[product] ?? 0) + units }
}

/** What is in the cart becomes an order, and leaves the warehouse: all of it, or nothing. */
export const CheckOut = defineCommand({
  type: 'CheckOut',
  aggregates: { cart: Cart, order: Order, warehouse: Warehouse },
  handle: ({ cart: { lines }, order, warehouse }, number: string) => {
    if (lines.length === 0) throw new Error('the cart is empty')
    if (order.status !== 'new') throw new Error('there is such an order already')
    const missing = lines.find(({ product, units }) => (warehouse[product] ?? 0) < units)
    if (missing !== undefined) {
      throw new Error(`only ${warehouse[missing.product] ?? 0} of ${missing.product} left`)
    }
    return {
      cart: cartEvents.CheckedOut({ order: number }),
      order: orderEvents.Placed({ lines: [...lines] }),
      warehouse: lines.map(({ product, units }) => warehouseEvents.Taken({ product, units, order: number })),
    }
  },
})

/** What was ordered goes back into the warehouse. */
export const Cancel = defineCommand({
  type: 'Cancel',
  aggregates: { order: Order, warehouse: Warehouse },
  handle: ({ order: { status, lines } }, number: string) => {
    if (status !== 'open') throw new Error(`an order that is ${status} cannot be cancelled`)
    return {
      order: orderEvents.Cancelled({}),
      warehouse: lines.map(({ product, units }) =>
        warehouseEvents.Returned({ product, units, order: number }),
      ),
    }
  },
})

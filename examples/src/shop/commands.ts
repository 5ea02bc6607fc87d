import { defineCommand } from '@eventmill/core'
import { Cart, Order, Warehouse } from './aggregates.ts'
import { cartEvents, orderEvents, Product, warehouseEvents } from './events.ts'

/**
 * The cart is emptied, the order placed, and its units taken from the warehouse, in one append: whatever fails, none is
 * taken without an order, and none is sold twice.
 */
export const CheckOut = defineCommand({
  type: 'CheckOut',
  aggregates: { cart: Cart, order: Order, warehouse: Warehouse },
  handle: ({ cart: { lines }, order: { number, status }, warehouse }) => {
    if (lines.length === 0) throw new Error('the cart is empty')
    if (status !== 'new') throw new Error(`there is an order ${number} already`)
    for (const product of Product.options) {
      const wanted = lines.reduce((sum, line) => sum + (line.product === product ? line.units : 0), 0)
      const left = warehouse[product]
      if (wanted > left) throw new Error(`${wanted} of ${product} wanted, but only ${left} left`)
    }
    return {
      cart: cartEvents.CheckedOut({ order: number }),
      order: orderEvents.Placed({ lines: [...lines] }),
      warehouse: lines.map(({ product, units }) => warehouseEvents.Taken({ product, units, order: number })),
    }
  },
})

/** What was taken for the order is put back as it is cancelled. */
export const Cancel = defineCommand({
  type: 'Cancel',
  aggregates: { order: Order, warehouse: Warehouse },
  handle: ({ order: { number, status, lines } }) => {
    if (status !== 'open') throw new Error(`an order that is ${status} cannot be cancelled`)
    return {
      order: orderEvents.Cancelled({}),
      warehouse: lines.map(({ product, units }) =>
        warehouseEvents.PutBack({ product, units, order: number }),
      ),
    }
  },
})

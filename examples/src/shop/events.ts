import { defineEvents } from '@eventmill/schema'
import { z } from 'zod'

const product = z.string().min(1)
const units = z.int().positive()

export const cartEvents = defineEvents('https://example.com/shop/cart', {
  ItemAdded: z.object({ product, units, cents: z.int().positive() }),
  CheckedOut: z.object({ order: z.string() }),
})

export const orderEvents = defineEvents('https://example.com/shop/order', {
  Placed: z.object({ lines: z.array(z.object({ product, units, cents: z.int().positive() })).min(1) }),
  Shipped: z.object({}),
  Cancelled: z.object({}),
})

export const warehouseEvents = defineEvents('https://example.com/shop/warehouse', {
  Received: z.object({ product, units }),
  Taken: z.object({ product, units, order: z.string() }),
  Returned: z.object({ product, units, order: z.string() }),
})

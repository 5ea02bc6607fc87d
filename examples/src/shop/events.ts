import { defineEvents } from '@eventmill/schema'
import { z } from 'zod'

/** What the shop sells. */
export const Product = z.enum(['tea', 'kettle', 'cup'])
export type Product = z.infer<typeof Product>

const units = z.int().positive()

/** So many units of a product, at a price for each. */
const Line = z.object({ product: Product, units, cents: z.int().positive() })
export type Line = z.infer<typeof Line>

export const cartEvents = defineEvents('https://example.com/shop/cart', {
  ItemAdded: Line,
  CheckedOut: z.object({ order: z.string() }),
})

export const orderEvents = defineEvents('https://example.com/shop/order', {
  Placed: z.object({ lines: z.array(Line).min(1) }),
  Shipped: z.object({}),
  Cancelled: z.object({}),
})

export const warehouseEvents = defineEvents('https://example.com/shop/warehouse', {
  Received: z.object({ product: Product, units }),
  Taken: z.object({ product: Product, units, order: z.string() }),
  PutBack: z.object({ product: Product, units, order: z.string() }),
})

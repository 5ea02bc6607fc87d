import { defineEvents } from '@eventmill/schema'
import * as z from 'zod'

// What can happen to an article on stock. The URI owns these names: use one of your own, and keep it for good.
export const stockEvents = defineEvents('https://example.com/stock', {
  Received: z.object({ quantity: z.int().positive() }),
  Shipped: z.object({ quantity: z.int().positive(), to: z.string() }),
})

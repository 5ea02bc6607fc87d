import { defineEvents, event } from '@eventmill/core'

// What can happen to an article on stock. The URI owns these names: use one of your own, and keep it for good.
export const stockEvents = defineEvents('https://example.com/stock', {
  Received: event<{ quantity: number }>(),
  Shipped: event<{ quantity: number; to: string }>(),
})

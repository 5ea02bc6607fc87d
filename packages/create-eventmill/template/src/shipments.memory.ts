import { defineProjection } from '@eventmill/projections'
import { stockEvents } from './events.zod.ts'

/** How much each customer was sent. */
export type Shipments = Map<string, number>

// The read side: follows the log of all articles, and asks only for the events that it has a function for.
export const shipments = defineProjection({
  name: 'shipments',
  version: 1,
  events: stockEvents,
  handle: {
    Shipped: ({ data }, sent: Shipments) => {
      sent.set(data.to, (sent.get(data.to) ?? 0) + data.quantity)
    },
  },
})

export async function sentTo(customer: string, sent: Shipments): Promise<number> {
  return sent.get(customer) ?? 0
}

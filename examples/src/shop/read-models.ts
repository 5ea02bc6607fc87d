import { defineProjection, type Projection } from '@eventmill/projections'
import { orderEvents, stockEvents } from './events.ts'

/** What the shop looks up, in memory: built anew from the log with each start. */
export class ReadModels {
  /** What each open order comes to, in cents. */
  readonly openOrders = new Map<string, number>()
  /** Units left of each product. */
  readonly stock = new Map<string, number>()
  /** Cents of each day, by the version of the projection. */
  readonly revenue = new Map<number, Map<string, number>>()
}

export const openOrders = defineProjection({
  name: 'open orders',
  version: 1,
  events: orderEvents,
  handle: {
    Placed: ({ aggregateId, data }, { openOrders }: ReadModels) => {
      openOrders.set(
        aggregateId,
        data.lines.reduce((sum, { units, cents }) => sum + units * cents, 0),
      )
    },
    Shipped: ({ aggregateId }, { openOrders }) => {
      openOrders.delete(aggregateId)
    },
    Cancelled: ({ aggregateId }, { openOrders }) => {
      openOrders.delete(aggregateId)
    },
  },
})

export const stock = defineProjection({
  name: 'stock',
  version: 1,
  events: stockEvents,
  handle: {
    Received: ({ aggregateId, data }, { stock }: ReadModels) => {
      stock.set(aggregateId, (stock.get(aggregateId) ?? 0) + data.units)
    },
    Taken: ({ aggregateId, data }, { stock }) => {
      stock.set(aggregateId, (stock.get(aggregateId) ?? 0) - data.units)
    },
  },
})

/** Version 1 counts what was ordered on a day; version 2 takes back what was cancelled later. */
export function revenuePerDay(version: 1 | 2): Projection<ReadModels> {
  const placed = new Map<string, { readonly day: string; readonly cents: number }>()
  const book = ({ revenue }: ReadModels, day: string, cents: number) => {
    const days = revenue.get(version) ?? new Map<string, number>()
    revenue.set(version, days.set(day, (days.get(day) ?? 0) + cents))
  }
  return defineProjection({
    name: 'revenue per day',
    version,
    events: orderEvents,
    handle: {
      Placed: ({ aggregateId, time, data }, models: ReadModels) => {
        const day = time.slice(0, 10)
        const cents = data.lines.reduce((sum, line) => sum + line.units * line.cents, 0)
        placed.set(aggregateId, { day, cents })
        book(models, day, cents)
      },
      Cancelled: ({ aggregateId }, models) => {
        const order = placed.get(aggregateId)
        if (version === 2 && order !== undefined) book(models, order.day, -order.cents)
      },
    },
  })
}

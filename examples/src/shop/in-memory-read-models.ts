import { defineProjection, InMemoryProjectionStore } from '@eventmill/projections'
import { type Booking, bookingOf } from './booking.ts'
import { orderEvents, warehouseEvents } from './events.ts'
import { type ReadModels } from './read-models.ts'

/** Read models in this process's memory, built anew from the log with each start. */
export function inMemoryReadModels(): ReadModels<Models> {
  const models: Models = {
    openOrders: new Map(),
    stock: new Map(),
    revenue: new Map(),
    countedOrders: new Map(),
    servedRevenue: 1,
  }
  return {
    openOrders: async () => new Map(models.openOrders),
    stockLeft: async () => new Map(models.stock),
    revenuePerDay: async (version = models.servedRevenue) =>
      version === 1 ? new Map(models.revenue) : perDay(models.countedOrders),
    into: new InMemoryProjectionStore(models),
    projections: { openOrders, stock, revenue, correctedRevenue },
  }
}

/** What the projections write to. */
interface Models {
  /** Cents of each. */
  readonly openOrders: Map<string, number>
  /** Units of each product. */
  readonly stock: Map<string, number>
  /** Version 1: cents of each day. */
  readonly revenue: Map<string, number>
  /** Version 2: the orders that are not cancelled. */
  readonly countedOrders: Map<string, Booking>
  servedRevenue: 1 | 2
}

const openOrders = defineProjection({
  name: 'open orders',
  version: 1,
  events: orderEvents,
  handle: {
    Placed: (event, { openOrders }: Models) => {
      const { id, cents } = bookingOf(event)
      openOrders.set(id, cents)
    },
    Shipped: ({ aggregateId }, { openOrders }) => {
      openOrders.delete(aggregateId)
    },
    Cancelled: ({ aggregateId }, { openOrders }) => {
      openOrders.delete(aggregateId)
    },
  },
})

const stock = defineProjection({
  name: 'stock',
  version: 1,
  events: warehouseEvents,
  handle: {
    Received: ({ data }, { stock }: Models) => {
      add(stock, data.product, data.units)
    },
    Taken: ({ data }, { stock }) => {
      add(stock, data.product, -data.units)
    },
    PutBack: ({ data }, { stock }) => {
      add(stock, data.product, data.units)
    },
  },
})

const revenue = defineProjection({
  name: 'revenue per day',
  version: 1,
  events: orderEvents,
  handle: {
    Placed: (event, { revenue }: Models) => {
      const { day, cents } = bookingOf(event)
      add(revenue, day, cents)
    },
  },
  drop: ({ revenue }) => {
    revenue.clear()
  },
})

const correctedRevenue = defineProjection({
  name: 'revenue per day',
  version: 2,
  events: orderEvents,
  handle: {
    Placed: (event, { countedOrders }: Models) => {
      const booking = bookingOf(event)
      countedOrders.set(booking.id, booking)
    },
    Cancelled: ({ aggregateId }, { countedOrders }) => {
      countedOrders.delete(aggregateId)
    },
  },
  serve: (models) => {
    models.servedRevenue = 2
  },
  drop: ({ countedOrders }) => {
    countedOrders.clear()
  },
})

function perDay(orders: ReadonlyMap<string, Booking>): ReadonlyMap<string, number> {
  const days = new Map<string, number>()
  for (const { day, cents } of orders.values()) add(days, day, cents)
  return days
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

import { type EventOf, type StoredEvent } from '@eventmill/core'
import { defineProjection } from '@eventmill/projections'
import { type SqlClient } from '@eventmill/projections-postgres'
import { type Database } from '../stores/with-store.ts'
import { bookingOf } from './booking.ts'
import { orderEvents, warehouseEvents } from './events.ts'
import { type ReadModels } from './read-models.ts'

/** Read models in tables beside the events. Each event counts exactly once: what is written commits with the checkpoint. */
export async function postgresReadModels({
  client,
  projectionStore,
}: Database): Promise<ReadModels<SqlClient>> {
  await projectionStore.migrate()
  const lookUp = async (query: string) => {
    const rows = (await client.query(query)).rows as readonly Row[]
    return new Map(rows.map(({ key, value }) => [key, Number(value)]))
  }
  return {
    openOrders: () => lookUp('select id as key, cents::text as value from open_orders'),
    stockLeft: () => lookUp('select product as key, units::text as value from stock'),
    revenuePerDay: () => lookUp('select day::text as key, cents::text as value from revenue_per_day'),
    target: projectionStore,
    projections: { openOrders, stock, revenue, correctedRevenue },
  }
}

/** As text: drivers differ in what they make of the other types. */
interface Row {
  readonly key: string
  readonly value: string
}

const openOrders = defineProjection({
  name: 'open orders',
  version: 1,
  events: orderEvents,
  create: async (sql: SqlClient) => {
    await sql.query('create table open_orders (id text primary key, cents bigint not null)')
  },
  handleBatch: async (events, sql) => {
    const { ids, cents } = placed(events)
    await sql.query('insert into open_orders (id, cents) select * from unnest($1::text[], $2::bigint[])', [
      ids,
      cents,
    ])
    // An order is closed after it was placed, in this batch or in an earlier one.
    await sql.query('delete from open_orders where id = any ($1::text[])', [
      idsOf(events, 'Shipped', 'Cancelled'),
    ])
  },
  drop: async (sql) => {
    await sql.query('drop table open_orders')
  },
})

// What changes seldom may be written event by event.
const stock = defineProjection({
  name: 'stock',
  version: 1,
  events: warehouseEvents,
  create: (sql: SqlClient) =>
    sql.query('create table stock (product text primary key, units bigint not null)'),
  handle: {
    Received: ({ data }, sql) => addUnits(sql, data.product, data.units),
    Taken: ({ data }, sql) => addUnits(sql, data.product, -data.units),
    Returned: ({ data }, sql) => addUnits(sql, data.product, data.units),
  },
  drop: (sql) => sql.query('drop table stock'),
})

async function addUnits(sql: SqlClient, product: string, units: number): Promise<void> {
  await sql.query(
    `insert into stock (product, units) values ($1, $2)
     on conflict (product) do update set units = stock.units + excluded.units`,
    [product, units],
  )
}

const revenue = defineProjection({
  name: 'revenue per day',
  version: 1,
  events: orderEvents,
  create: async (sql: SqlClient) => {
    await sql.query('create table revenue_per_day_1 (day date primary key, cents bigint not null)')
  },
  // Readers know the view alone.
  serve: async (sql) => {
    await sql.query('create or replace view revenue_per_day as select day, cents from revenue_per_day_1')
  },
  handleBatch: async (events, sql) => {
    const { days, cents } = placed(events)
    await sql.query(
      `insert into revenue_per_day_1 (day, cents)
       select day, sum(cents) from unnest($1::date[], $2::bigint[]) as placed (day, cents) group by day
       on conflict (day) do update set cents = revenue_per_day_1.cents + excluded.cents`,
      [days, cents],
    )
  },
  drop: async (sql) => {
    await sql.query('drop table revenue_per_day_1')
  },
})

const correctedRevenue = defineProjection({
  name: 'revenue per day',
  version: 2,
  events: orderEvents,
  create: async (sql: SqlClient) => {
    // The orders that count: whoever cancels one does not say what it came to.
    await sql.query(
      'create table revenue_per_day_2 (id text primary key, day date not null, cents bigint not null)',
    )
  },
  handleBatch: async (events, sql) => {
    const { ids, days, cents } = placed(events)
    await sql.query(
      'insert into revenue_per_day_2 (id, day, cents) select * from unnest($1::text[], $2::date[], $3::bigint[])',
      [ids, days, cents],
    )
    await sql.query('delete from revenue_per_day_2 where id = any ($1::text[])', [idsOf(events, 'Cancelled')])
  },
  serve: async (sql) => {
    await sql.query(
      `create or replace view revenue_per_day as
       select day, sum(cents)::bigint as cents from revenue_per_day_2 group by day`,
    )
  },
  drop: async (sql) => {
    await sql.query('drop table revenue_per_day_2')
  },
})

type OrderEvent = StoredEvent<EventOf<typeof orderEvents>>

/** The orders that were placed, a list for each column. */
function placed(events: readonly OrderEvent[]) {
  const bookings = events.filter((event) => event.type === 'Placed').map(bookingOf)
  return {
    ids: bookings.map(({ id }) => id),
    days: bookings.map(({ day }) => day),
    cents: bookings.map(({ cents }) => cents),
  }
}

/** The orders to which one of these things has happened. */
function idsOf(events: readonly OrderEvent[], ...types: readonly OrderEvent['type'][]): readonly string[] {
  return events.filter(({ type }) => types.includes(type)).map(({ aggregateId }) => aggregateId)
}

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
    revenuePerDay: (version) => {
      const counted = version === undefined ? 'revenue_per_day' : `revenue_per_day_${version}`
      return lookUp(`select day::text as key, sum(cents)::text as value from ${counted} group by day`)
    },
    into: projectionStore,
    projections: { openOrders, stock, revenue, correctedRevenue },
  }
}

/** As text: drivers differ in what they make of the other types. */
interface Row {
  readonly key: string
  readonly value: string
}

/** Event by event, which is the simplest. That the target is an `SqlClient`, `create` says for all. */
const openOrders = defineProjection({
  name: 'open orders',
  version: 1,
  events: orderEvents,
  create: async (sql: SqlClient) => {
    await sql.query('create table open_orders (id text primary key, cents bigint not null)')
  },
  handle: {
    Placed: async (event, sql) => {
      const { id, cents } = bookingOf(event)
      await sql.query('insert into open_orders (id, cents) values ($1, $2)', [id, cents])
    },
    Shipped: async ({ aggregateId }, sql) => {
      await sql.query('delete from open_orders where id = $1', [aggregateId])
    },
    Cancelled: async ({ aggregateId }, sql) => {
      await sql.query('delete from open_orders where id = $1', [aggregateId])
    },
  },
  drop: async (sql) => {
    await sql.query('drop table open_orders')
  },
})

/** A batch at a time, as the ones below: one statement for up to 500 events, which is the fastest. */
const stock = defineProjection({
  name: 'stock',
  version: 1,
  events: warehouseEvents,
  create: async (sql: SqlClient) => {
    await sql.query('create table stock (product text primary key, units bigint not null)')
  },
  handleBatch: async (events, sql) => {
    await sql.query(
      `insert into stock (product, units)
       select product, sum(units) from unnest($1::text[], $2::bigint[]) as change (product, units) group by product
       on conflict (product) do update set units = stock.units + excluded.units`,
      [
        events.map(({ data }) => data.product),
        events.map(({ type, data }) => (type === 'Taken' ? -data.units : data.units)),
      ],
    )
  },
  drop: async (sql) => {
    await sql.query('drop table stock')
  },
})

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
    // An order is cancelled after it was placed, in this batch or in an earlier one.
    const cancelled = events.filter(({ type }) => type === 'Cancelled')
    await sql.query('delete from revenue_per_day_2 where id = any ($1::text[])', [
      cancelled.map(({ aggregateId }) => aggregateId),
    ])
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

/** The orders that were placed, a list for each column. */
function placed(events: readonly StoredEvent<EventOf<typeof orderEvents>>[]) {
  const bookings = events.filter((event) => event.type === 'Placed').map(bookingOf)
  return {
    ids: bookings.map(({ id }) => id),
    days: bookings.map(({ day }) => day),
    cents: bookings.map(({ cents }) => cents),
  }
}

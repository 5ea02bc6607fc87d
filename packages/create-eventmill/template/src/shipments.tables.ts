import { defineProjection } from '@eventmill/projections'
import { type SqlClient } from '@eventmill/projections-postgres'
import { stockEvents } from './events.zod.ts'

// The read side: follows the log of all articles, and asks only for the events that it has a function for. What it writes
// is committed together with how far it has got, so that each event counts exactly once.
export const shipments = defineProjection({
  name: 'shipments',
  version: 1,
  events: stockEvents,
  // Each version has a table of its own, and is built from the first event on.
  create: async (sql: SqlClient) => {
    await sql.query('create table shipments_1 (customer text primary key, quantity integer not null)')
  },
  handle: {
    Shipped: async ({ data }, sql) => {
      await sql.query(
        `insert into shipments_1 values ($1, $2)
         on conflict (customer) do update set quantity = shipments_1.quantity + excluded.quantity`,
        [data.to, data.quantity],
      )
    },
  },
})

/** How much a customer was sent. */
export async function sentTo(customer: string, sql: SqlClient): Promise<number> {
  const { rows } = await sql.query('select quantity from shipments_1 where customer = $1', [customer])
  const [sent] = rows as readonly { readonly quantity: number }[]
  return sent?.quantity ?? 0
}

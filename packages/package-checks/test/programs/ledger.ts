import { PGlite } from '@electric-sql/pglite'
import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { type Health, PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'

const ledgerEvents = defineEvents('https://example.com/ledger', {
  Booked: event<{ amount: number }>(),
})

export const Ledger = defineAggregate({
  type: 'Ledger',
  events: ledgerEvents,
  initialize: (_name: string) => 0,
  apply: { Booked: (balance, { data }) => balance + data.amount },
  handle: {
    Book: (_balance, { amount }: { amount: number }) => ledgerEvents.Booked({ amount }),
  },
})

/** Where there is a server. */
export async function bookOnServer(pool: pg.Pool, amount: number): Promise<Health> {
  const store = new PostgresStore({ client: pool, schema: 'ledger', timeouts: { operation: 5_000 } })
  const client: pg.PoolClient = await pool.connect()
  await client.query('begin')
  await new Core(store.within(client)).dispatchCommand(Ledger.commands.Book('cash', { amount }))
  await client.query('commit')
  client.release()
  return store.health()
}

export async function run(): Promise<unknown> {
  const client = await PGlite.create()
  const store = new PostgresStore({ client })
  await store.migrate()
  await new Core(store).dispatchCommand(Ledger.commands.Book('cash', { amount: 3 }))
  const balance = await client.transaction(async (transaction) => {
    const { state } = await new Core(store.within(transaction)).dispatchCommand(
      Ledger.commands.Book('cash', { amount: 4 }),
    )
    return state
  })
  const { head, push } = await store.health()
  await store.close()
  await client.close()
  // A pool of pg is one that the store takes, on this Node as well. It connects to nothing until it is used.
  const pool = new pg.Pool()
  await new PostgresStore({ client: pool }).close()
  await pool.end()
  return { balance, head, push }
}

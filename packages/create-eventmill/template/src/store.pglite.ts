import { PGlite } from '@electric-sql/pglite'
import { type EventStore } from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'

// Where events are kept: in the folder `data`, by a PostgreSQL within this process. One process at a time may open it.
export async function openStore(): Promise<{ store: EventStore; close: () => Promise<void> }> {
  const client = await PGlite.create('data')
  const store = new PostgresStore({ client })
  // Creates the tables, or brings them up to date.
  await store.migrate()
  return {
    store,
    close: async () => {
      await store.close()
      await client.close()
    },
  }
}

import { PGlite } from '@electric-sql/pglite'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { lockFolder } from './lock-folder.pglite.ts'

// Where events and read models are kept: in the folder `data`, by a PostgreSQL within this process.
export async function openStore() {
  const unlock = lockFolder('data')
  const client = await PGlite.create('data')
  const store = new PostgresStore({ client })
  const readSide = new PostgresProjectionStore({ client })
  // Creates the tables, or brings them up to date.
  await store.migrate()
  await readSide.migrate()
  return {
    store,
    readSide,
    readModels: client,
    close: async () => {
      await store.close()
      await client.close()
      unlock()
    },
  }
}

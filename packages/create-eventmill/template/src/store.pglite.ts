import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'

// Where events and read models are kept: in the folder `data`, by a PostgreSQL within this process.
export async function openStore() {
  const lock = lockData()
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
      lock.close()
    },
  }
}

/**
 * PGlite lets a second process into the folder, which overwrites what the first one stores. Node has no locks that keep it
 * out, but its SQLite has: the system frees them with the process, however it ends.
 */
function lockData(): DatabaseSync {
  const lock = new DatabaseSync('data.lock')
  try {
    lock.exec('begin exclusive')
  } catch (cause) {
    throw new Error('the folder data is in use: one process at a time may open it', { cause })
  }
  return lock
}

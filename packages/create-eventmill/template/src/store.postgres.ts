import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'

// Where events and read models are kept: on the server that DATABASE_URL names, or else on that of compose.yaml.
export async function openStore() {
  const { DATABASE_URL = 'postgres://postgres:postgres@localhost:5432/postgres' } = process.env
  const pool = new pg.Pool({ connectionString: DATABASE_URL })
  // A connection that breaks while nobody uses it is replaced by the next one. Here one hears of it.
  pool.on('error', (error) => {
    console.error(`a connection to the database was lost: ${error.message}`)
  })
  // The store would wait for the database for a while: at the start it is better to know at once.
  await pool.query('select').catch((cause: unknown) => {
    throw new Error('no database answers: docker compose up --detach --wait, or set DATABASE_URL', { cause })
  })
  const store = new PostgresStore({ client: pool })
  const readSide = new PostgresProjectionStore({ client: pool })
  // Creates the tables, or brings them up to date. Any number of processes may do so at once.
  await store.migrate()
  await readSide.migrate()
  return {
    store,
    readSide,
    readModels: pool,
    close: async () => {
      await store.close()
      await pool.end()
    },
  }
}

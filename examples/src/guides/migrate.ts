import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const store = new PostgresStore({ client: pool })
await store.migrate()
await new PostgresProjectionStore({ client: pool }).migrate()
await store.close()
await pool.end()

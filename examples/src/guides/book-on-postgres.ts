import { Core } from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { Concert } from './concert.ts'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const store = new PostgresStore({ client: pool })
await store.migrate()

const core = new Core(store, { cache: 10_000 })
const { Announce, Book } = Concert.commands
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 100 }))
const { state } = await core.dispatchCommand(Book('jazz', { guest: 'ada@example.com', seats: 2 }))
console.log(`free: ${state.free}`)

await store.close()
await pool.end()

import { randomUUID } from 'node:crypto'
import { type EventStore } from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { BadInput } from '../bad-input.ts'
import { startThrowawayServer } from './throwaway-server.ts'

/** The server that `DATABASE_URL` names, or a throwaway one. Either way a schema of its own, dropped at the end. */
export async function openPostgres(opened: AsyncDisposableStack): Promise<EventStore> {
  const { DATABASE_URL: url = await startThrowawayServer(opened) } = process.env
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // A connection that the server ends as it stops is nobody's error: one in use fails its query all the same.
  pool.on('error', () => undefined)
  opened.defer(() => pool.end())
  await pool.query('select').catch((cause: unknown) => {
    throw new BadInput(`the server that DATABASE_URL names cannot be used: ${reason(cause)}`, { cause })
  })
  const schema = `example_${randomUUID()}`
  opened.defer(async () => {
    await pool.query(`drop schema if exists ${pg.escapeIdentifier(schema)} cascade`)
  })
  const store = new PostgresStore({ client: pool, schema })
  await store.migrate()
  return store
}

/** A connection refused at several addresses comes without a message. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error instanceof AggregateError ? error.errors.map(reason).join(', ') : error.message
}

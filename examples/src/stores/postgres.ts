import { randomUUID } from 'node:crypto'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { BadInput } from '../bad-input.ts'
import { startThrowawayServer } from './throwaway-server.ts'
import { type OpenedStore } from './with-store.ts'

/** The server that `DATABASE_URL` names, or a throwaway one. Either way schemas of its own, dropped at the end. */
export async function openPostgres(taken: AsyncDisposableStack): Promise<OpenedStore> {
  const { DATABASE_URL: url = await startThrowawayServer(taken) } = process.env
  await ask(url, 'select').catch((cause: unknown) => {
    throw new BadInput(`the server that DATABASE_URL names cannot be used: ${reason(cause)}`, { cause })
  })
  const schema = `example_${randomUUID()}`
  const projectionSchema = `${schema}_projections`
  // When the pool has ended: what an interrupted example still does must not hold what is dropped.
  taken.defer(() => ask(url, `drop schema if exists ${quoted(schema)}, ${quoted(projectionSchema)} cascade`))
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT,
    // It is waited for, which its type does not say.
    onConnect: leadTo(schema) as (client: pg.ClientBase) => void,
  })
  // A connection that the server ends as it stops is nobody's error: one in use fails its query all the same.
  pool.on('error', () => undefined)
  taken.defer(() => pool.end())
  const store = new PostgresStore({ client: pool, schema })
  await store.migrate()
  const projectionStore = new PostgresProjectionStore({ client: pool, schema: projectionSchema })
  return { store, database: { client: pool, projectionStore } }
}

/** In milliseconds: so long a connection may take. */
const TIMEOUT = 10_000

const quoted = pg.escapeIdentifier

/** One statement, on a connection of its own. */
async function ask(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TIMEOUT })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Lets a connection find and make tables in a schema. */
function leadTo(schema: string) {
  return (client: pg.ClientBase) => client.query(`set search_path to ${quoted(schema)}`)
}

/** A connection refused at several addresses comes without a message. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error instanceof AggregateError ? error.errors.map(reason).join(', ') : error.message
}

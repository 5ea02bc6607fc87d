import { checkKeys, checkMilliseconds, invalidArgument } from '@eventmill/core/adapter'
import { type Pglite, type PgPool } from './database/client.ts'
import { type CheckedTimeouts, TIMEOUTS, type Timeouts } from './database/patience.ts'

/** Which database a store is in, and how it is used. */
export interface PostgresStoreOptions {
  /** Your own `pg.Pool`, or a `PGlite`. It stays yours: close the store first, then end the client. */
  readonly client: PgPool | Pglite
  /** The schema in which the tables are. Default `'eventmill'`. */
  readonly schema?: string | undefined
  /**
   * Whether statements are prepared by name, once for each connection. Set it to `false` where a pooler shares
   * connections by transaction and does not know them, such as PgBouncer before 1.21. Default `true`.
   */
  readonly prepare?: boolean | undefined
  /** How long is waited for what, in milliseconds. */
  readonly timeouts?: Timeouts | undefined
}

/** Options that passed their check, complete. */
export interface CheckedOptions {
  readonly client: PgPool | Pglite
  readonly schema: string
  readonly prepare: boolean
  readonly timeouts: CheckedTimeouts
}

/** The options, complete. Throws `ARGUMENT_INVALID`. */
export function checkOptions(options: PostgresStoreOptions): CheckedOptions {
  checkKeys(options, OPTIONS, 'options')
  const { client, schema = 'eventmill', prepare = true, timeouts = {} } = options
  // Its type alone: a URL would show its password.
  if (!isClient(client)) throw invalidArgument('options.client', 'a pg.Pool or a PGlite', typeof client)
  if (typeof schema !== 'string' || !isSchemaName(schema)) {
    throw invalidArgument(
      'options.schema',
      'a name of 1 to 63 bytes, without NUL and not beginning with pg_',
      schema,
    )
  }
  if (typeof prepare !== 'boolean') throw invalidArgument('options.prepare', 'a boolean', prepare)
  checkKeys(timeouts, TIMEOUT_OPTIONS, 'options.timeouts')
  const { operation = TIMEOUTS.operation, statement = TIMEOUTS.statement } = timeouts
  checkMilliseconds(operation, 1, 'options.timeouts.operation')
  checkMilliseconds(statement, 1, 'options.timeouts.statement')
  return { client, schema, prepare, timeouts: { operation, statement } }
}

/** Throws `ARGUMENT_INVALID` for what cannot be a transaction: a pool, of which each statement may take another connection. */
export function checkTransaction(transaction: unknown): void {
  const one =
    typeof transaction === 'object' &&
    transaction !== null &&
    'query' in transaction &&
    !('totalCount' in transaction) &&
    !('waitReady' in transaction)
  if (one) return
  throw invalidArgument(
    'transaction',
    'a client of pg, or a transaction of a PGlite, after its BEGIN',
    typeof transaction,
  )
}

const OPTIONS = new Set(['client', 'schema', 'prepare', 'timeouts'])
const TIMEOUT_OPTIONS = new Set(['operation', 'statement'])

function isClient(client: unknown): boolean {
  if (typeof client !== 'object' || client === null) return false
  // A single client of pg has `connect` as well, but what it is for is over once it is lost.
  return 'waitReady' in client || ('connect' in client && 'totalCount' in client)
}

/** Longer ones would be cut off by the server, and may then be those of another schema. */
export function isSchemaName(schema: string): boolean {
  const { length } = new TextEncoder().encode(schema)
  return length >= 1 && length <= 63 && !schema.includes('\0') && !schema.startsWith('pg_')
}

import { eventmillError } from '@eventmill/core/adapter'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type PgPool } from '../database/client.ts'
import { statement } from '../database/database.ts'
import { PoolDatabase } from '../database/pool-database.ts'
import { ConnectionLost, messageOf, toldError } from '../errors.ts'
import { BadInput } from './bad-input.ts'

/** A database that answers. */
export interface Connection {
  readonly pool: PgPool
  readonly database: PoolDatabase
}

/** In milliseconds: a migration may take longer than what a service waits for. */
const TIMEOUTS = { operation: 60_000, statement: 10_000 }

/** Does something with the database behind a URL. Throws `BadInput`, `STORE_REFUSED` or `STORE_UNREACHABLE`. */
export async function withDatabase<Result>(
  url: string,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  checkUrl(url)
  const { Pool } = loadPg()
  const pool = new Pool({ connectionString: url, max: 2 })
  // Poolers that share connections by transaction know no prepared statements.
  const database = new PoolDatabase(pool, false, TIMEOUTS)
  try {
    // Once, and not until a timeout: whoever has mistyped a port wants to know at once.
    await database.attempt(statement('select 1')).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) throw toldError(error)
      const { cause = error } = error
      throw eventmillError('STORE_UNREACHABLE', `the database cannot be reached: ${messageOf(cause)}`, {
        cause,
      })
    })
    return await work({ pool, database })
  } finally {
    await pool.end()
  }
}

/**
 * What a mistyped URL is taken for must not turn up in a message of the driver's: with a / or ? in it, the rest of a
 * password would be the name of a database.
 */
function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const ours = parsed?.protocol === 'postgres:' || parsed?.protocol === 'postgresql:'
  if (parsed !== undefined && ours && !(parsed.pathname + parsed.search + parsed.hash).includes('@')) return
  throw new BadInput(
    'the URL of the database is not of the form postgres://user:password@host:5432/database: are special characters in it percent-encoded, as %40 for @?',
  )
}

interface Pg {
  readonly Pool: new (options: { connectionString: string; max: number }) => PgPool & { end(): Promise<void> }
}

/** The driver of the project that the command runs in: this package brings none. */
function loadPg(): Pg {
  for (const place of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return createRequire(place)('pg') as Pg
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  throw new BadInput('the driver pg is not installed here: npm install pg')
}

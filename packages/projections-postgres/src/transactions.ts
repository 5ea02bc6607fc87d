import { invalidArgument } from '@eventmill/core/adapter'
import { type PgClient, type Pglite, type PgPool, type SqlClient } from './client.ts'
import { isFatal, meaningOf } from './errors.ts'

/** How transactions are had from a driver. */
export interface Transactions {
  /** Whether there are several at a time. */
  readonly concurrent: boolean
  /**
   * Commits what `work` does, or, where it throws, rolls it back. Fails with `STORE_UNREACHABLE` and `STORE_BUSY` where it
   * may be tried again, and with what `work` throws.
   */
  run<Result>(work: (client: SqlClient) => Promise<Result>): Promise<Result>
  /** One statement by itself, with the same failures. */
  query(text: string, values: unknown[]): Promise<readonly unknown[]>
}

/**
 * The transactions of a driver. Throws `ARGUMENT_INVALID` for what is none. `idle` (milliseconds): whoever is paused within a
 * transaction for so long loses it.
 */
export function transactionsOf(client: PgPool | Pglite, idle: number): Transactions {
  const driver: unknown = client
  if (typeof driver === 'object' && driver !== null) {
    if ('waitReady' in driver && 'transaction' in driver) return pgliteTransactions(client as Pglite)
    if ('connect' in driver && 'totalCount' in driver) return poolTransactions(client as PgPool, idle)
  }
  throw invalidArgument('options.client', 'a pg.Pool or a PGlite', driver)
}

/** On the connections of a pool. */
function poolTransactions(pool: PgPool, idle: number): Transactions {
  const begin = `begin isolation level read committed; set local idle_in_transaction_session_timeout = ${idle}`
  return {
    concurrent: true,
    run: (work) =>
      withClient(pool, async (client) => {
        await client.query(begin)
        let result: Awaited<ReturnType<typeof work>>
        try {
          result = await work(client)
        } catch (error) {
          // What has ended the connection has undone it as well.
          if (!isFatal(error)) await client.query('rollback')
          throw error
        }
        await client.query('commit')
        return result
      }),
    query: (text, values) =>
      withClient(pool, async (client) => {
        const { rows } = await client.query(text, values)
        return rows
      }),
  }
}

async function withClient<Result>(
  pool: PgPool,
  work: (client: PgClient) => Promise<Result>,
): Promise<Result> {
  let client: PgClient | undefined
  let failure: unknown
  // A connection that is lost between two statements must not end the process.
  const ignore = () => undefined
  try {
    client = await pool.connect()
    client.on('error', ignore)
    return await work(client)
  } catch (error) {
    failure = error
    throw meaningOf(error)
  } finally {
    client?.off('error', ignore)
    client?.release(isFatal(failure))
  }
}

/** In this process: one after the other. */
function pgliteTransactions(database: Pglite): Transactions {
  const told = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      await database.waitReady
      return await work()
    } catch (error) {
      throw meaningOf(error)
    }
  }
  return {
    concurrent: false,
    run: (work) => told(() => database.transaction(work)),
    query: (text, values) =>
      told(async () => {
        const { rows } = await database.query(text, values)
        return rows
      }),
  }
}

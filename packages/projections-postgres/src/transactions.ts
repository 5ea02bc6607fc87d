import { invalidArgument, withResolvers } from '@eventmill/core/adapter'
import { type PgClient, type Pglite, type PgPool, type SqlClient } from './client.ts'
import { endsConnection, isAborted, isAnswer, isTooLong, meaningOf } from './errors.ts'

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
  // Its type alone: a URL would show its password.
  throw invalidArgument('options.client', 'a pg.Pool or a PGlite', typeof driver)
}

/** On the connections of a pool. */
function poolTransactions(pool: PgPool, idle: number): Transactions {
  // An idle connection that ends, as with a restart of the server, would end the process if nobody listened.
  if (pool.listenerCount('error') === 0) pool.on('error', () => undefined)
  const begin = `begin isolation level read committed; set local idle_in_transaction_session_timeout = ${idle}`
  return {
    concurrent: true,
    run: (work) =>
      withClient(pool, async (client, own) => {
        await own(client.query(begin))
        let result: Awaited<ReturnType<typeof work>>
        try {
          result = await work(client)
        } catch (error) {
          // Where the connection is gone it is undone as well: the rollback tells, or the error itself.
          if (!endsConnection(error)) await own(client.query('rollback'))
          throw isAborted(error) ? rolledBack(error) : error
        }
        const { command } = await own(client.query('commit'))
        if (command === 'ROLLBACK') throw rolledBack()
        return result
      }),
    query: (text, values) =>
      withClient(pool, async (client, own) => {
        const { rows } = await own(client.query(text, values))
        return rows
      }),
  }
}

/** The error for who has gone on after a statement had failed, which PostgreSQL undoes with all others. */
function rolledBack(cause?: unknown): Error {
  const message =
    'a statement of a handler has failed, and so nothing was committed: use a savepoint to go on after an error'
  return new Error(message, { cause })
}

/** The error for who has done nothing with the database for so long that it has ended the transaction. */
function tookTooLong(cause: unknown): Error {
  const message =
    'a handler has sent no statement for so long that the database has ended its transaction, and nothing was committed: it must be faster, or idleTimeout longer'
  return new Error(message, { cause })
}

/** In milliseconds: so long a statement of this package itself may go without an answer. */
const PATIENCE = 10_000

/** `own` waits for a statement, whose failure without an SQLSTATE is that of the connection. */
async function withClient<Result>(
  pool: PgPool,
  work: (client: PgClient, own: <Answer>(statement: Promise<Answer>) => Promise<Answer>) => Promise<Result>,
): Promise<Result> {
  let lost = false
  const own = async <Answer>(statement: Promise<Answer>): Promise<Answer> => {
    try {
      return await inTime(statement, 'the database gave no answer')
    } catch (error) {
      lost ||= !isAnswer(error)
      throw error
    }
  }
  let end: unknown
  const ended = withResolvers()
  ended.promise.catch(() => undefined)
  // A connection that is lost between two statements must not end the process. Whoever waits for something else waits no more.
  const lose = (error: unknown) => {
    lost = true
    end ??= error
    ended.reject(error)
  }
  let client: PgClient | undefined
  try {
    client = await connected(pool).catch((error: unknown) => {
      lost = !isAnswer(error)
      throw error
    })
    client.on('error', lose)
    return (await Promise.race([work(client, own), ended.promise])) as Result
  } catch (error) {
    lost ||= endsConnection(error)
    throw isTooLong(end ?? error) ? tookTooLong(end ?? error) : meaningOf(error, lost)
  } finally {
    client?.off('error', lose)
    client?.release(lost)
  }
}

/** A connection of the pool. One that is had too late goes back at once. */
async function connected(pool: PgPool): Promise<PgClient> {
  const connecting = pool.connect()
  try {
    return await inTime(connecting, 'the pool gave no connection')
  } catch (error) {
    connecting.then(
      (client) => {
        client.release()
      },
      () => undefined,
    )
    throw error
  }
}

function inTime<Answer>(statement: Promise<Answer>, failure: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${failure} for ${PATIENCE} ms`))
    }, PATIENCE)
    void statement.then(resolve, reject).finally(() => {
      clearTimeout(timer)
    })
  })
}

/** In this process: one after the other. */
function pgliteTransactions(database: Pglite): Transactions {
  const told = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      await database.waitReady
      return await work()
    } catch (error) {
      throw meaningOf(error, false)
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

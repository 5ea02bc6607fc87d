import { clientEnded, ConnectionLost, meaningOf, toldError } from '../errors.ts'
import { type PgClient, type PgPool, type PgQuery, type PgTransaction } from './client.ts'
import { asText, type OwnDatabase, type PoolLoad, type Row, type Statement, type Values } from './database.ts'
import { type CheckedTimeouts, patiently } from './patience.ts'

/** The database behind a pool of connections. */
export class PoolDatabase implements OwnDatabase {
  readonly #pool: PgPool
  readonly #prepare: boolean
  readonly #timeouts: CheckedTimeouts

  constructor(pool: PgPool, prepare: boolean, timeouts: CheckedTimeouts) {
    this.#pool = pool
    this.#prepare = prepare
    this.#timeouts = timeouts
    // An idle connection that ends, as with a restart of the server, would end the process if nobody listened.
    if (pool.listenerCount('error') === 0) pool.on('error', ignore)
    // So would a connection that ends before whoever waits for it can listen.
    if (guarded.has(pool)) return
    guarded.add(pool)
    pool.on('connect', (client) => client.on('error', ignore))
  }

  get load(): PoolLoad {
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = this.#pool
    return { connections: totalCount, idle: idleCount, waiting: waitingCount }
  }

  async query(statement: Statement, values?: Values, signal?: AbortSignal): Promise<readonly Row[]> {
    try {
      const attempt = () => this.attempt(statement, values, signal)
      return await patiently(attempt, this.#timeouts.operation, signal)
    } catch (error) {
      throw toldError(error)
    }
  }

  async attempt(statement: Statement, values?: Values, signal?: AbortSignal): Promise<readonly Row[]> {
    return this.#run(queryOf(statement, values, this.#prepare), this.#timeouts.statement, signal)
  }

  async script(text: string): Promise<void> {
    // Without values a query may hold several statements, which then share a transaction.
    try {
      await this.#run({ text, types: TYPES }, this.#timeouts.operation)
    } catch (error) {
      throw toldError(error)
    }
  }

  async listen(
    channel: string,
    onNotification: () => void,
    onLost: () => void,
  ): Promise<(() => void) | undefined> {
    // It would keep everybody else waiting.
    if ((this.#pool.options?.max ?? Infinity) < 2) return undefined
    const query = { text: `listen ${channel}`, types: TYPES }
    const { client } = await this.#answer(query, this.#timeouts.statement)
    let held = true
    const letGo = () => {
      if (!held) return
      held = false
      client.off('notification', onNotification)
      client.off('error', lost)
      // The connection would go on listening.
      client.release(true)
    }
    const lost = () => {
      if (!held) return
      letGo()
      onLost()
    }
    client.on('notification', onNotification)
    client.on('error', lost)
    return letGo
  }

  async #run(query: PgQuery, timeout: number, signal?: AbortSignal): Promise<readonly Row[]> {
    const { rows, client } = await this.#answer(query, timeout, signal)
    client.release()
    return rows
  }

  /** Runs a query on a connection of the pool, all within the timeout. Where it succeeds, the connection is the caller's. */
  #answer(query: PgQuery, timeout: number, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let client: PgClient | undefined
      let over = false
      const end = () => {
        over = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        client?.off('error', ignore)
      }
      /** A connection that is in an unknown state is destroyed. */
      const fail = (error: Error, destroy: boolean) => {
        if (over) return
        end()
        client?.release(destroy)
        reject(error)
      }
      const abort = () => {
        fail(signal?.reason as Error, true)
      }
      const timer = setTimeout(() => {
        const what = client === undefined ? 'the pool gave no connection' : 'the database gave no answer'
        fail(new ConnectionLost(`${what} for ${timeout} ms`, client !== undefined), true)
      }, timeout)
      if (signal !== undefined) {
        signal.addEventListener('abort', abort, { once: true })
        if (signal.aborted) abort()
      }
      if (signal?.aborted === true) return
      if (this.#pool.ending === true) {
        fail(clientEnded(), true)
        return
      }
      this.#pool.connect().then(
        (connected) => {
          if (over) {
            // It belongs to somebody else now.
            connected.release()
            return
          }
          client = connected
          // It may have been there before the store was, and have no listener yet.
          client.on('error', ignore)
          answered(client, query).then(
            ({ rows }) => {
              if (over) return
              end()
              resolve({ rows: rows as readonly Row[], client: connected })
            },
            (error: unknown) => {
              const meaning = meaningOf(error, true)
              fail(meaning, meaning instanceof ConnectionLost)
            },
          )
        },
        (error: unknown) => {
          fail(meaningOf(error, false), true)
        },
      )
    })
  }
}

interface Answer {
  readonly rows: readonly Row[]
  readonly client: PgClient
}

/** A statement for `pg`. */
export function queryOf({ name, text }: Statement, values: Values | undefined, prepare: boolean): PgQuery {
  const query: PgQuery = { text, values: [...(values ?? [])], rowMode: 'array', types: TYPES }
  if (prepare) query.name = name
  return query
}

/** Runs a statement in a transaction of the user's. */
export async function answerOf(client: PgTransaction, query: PgQuery): Promise<readonly Row[]> {
  try {
    const { rows } = await client.query(query)
    return rows as readonly Row[]
  } catch (error) {
    throw meaningOf(error, true)
  }
}

/** A promise also where a wrapped client throws. */
async function answered(
  client: PgTransaction,
  query: PgQuery,
): Promise<{ readonly rows: readonly unknown[] }> {
  return client.query(query)
}

/** Pools whose connections end without a process that ends with them. */
const guarded = new WeakSet<PgPool>()

const TYPES = { getTypeParser: () => asText }

function ignore(): void {
  // The statement that needs the connection fails with it.
}

import { ConnectionLost, meaningOf, toldError } from '../errors.ts'
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
    this.#pool.on('error', ignore)
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
    const client = await this.#checkOut()
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
    try {
      await this.#answered(client, { text: `listen ${channel}`, types: TYPES }, this.#timeouts.statement)
    } catch (error) {
      letGo()
      throw error
    }
    return letGo
  }

  detach(): void {
    this.#pool.off('error', ignore)
  }

  async #run(query: PgQuery, timeout: number, signal?: AbortSignal): Promise<readonly Row[]> {
    const client = await this.#checkOut(signal)
    let intact = false
    client.on('error', ignore)
    try {
      const rows = await this.#answered(client, query, timeout, signal)
      intact = true
      return rows
    } catch (error) {
      // What the database has answered to leaves the connection as it was.
      intact = !(error instanceof ConnectionLost) && signal?.aborted !== true
      throw error
    } finally {
      client.off('error', ignore)
      client.release(!intact)
    }
  }

  #answered(
    client: PgClient,
    query: PgQuery,
    timeout: number,
    signal?: AbortSignal,
  ): Promise<readonly Row[]> {
    const answer = client.query(query).then(
      ({ rows }) => rows as readonly Row[],
      (error: unknown) => {
        throw meaningOf(error, true)
      },
    )
    const late = () => new ConnectionLost(`the database gave no answer for ${timeout} ms`, true)
    return within(answer, timeout, late, signal)
  }

  #checkOut(signal?: AbortSignal): Promise<PgClient> {
    const client = this.#pool.connect().catch((error: unknown) => {
      throw meaningOf(error, false)
    })
    const late = () => {
      // It may come all the same, and belongs to somebody else then.
      void client.then((unwanted) => {
        unwanted.release()
      }, ignore)
      return new ConnectionLost(`the pool gave no connection for ${this.#timeouts.statement} ms`, false)
    }
    return within(client, this.#timeouts.statement, late, signal)
  }
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

const TYPES = { getTypeParser: () => asText }

/** What `work` comes to, or, if that comes first, the failure of a late one or the signal's reason. */
function within<Result>(
  work: Promise<Result>,
  timeout: number,
  late: () => Error,
  signal: AbortSignal | undefined,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const abort = () => {
      end()
      late()
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      end()
      reject(late())
    }, timeout)
    signal?.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(end)
    if (signal?.aborted === true) abort()
  })
}

function ignore(): void {
  // The statement that needs the connection fails with it.
}

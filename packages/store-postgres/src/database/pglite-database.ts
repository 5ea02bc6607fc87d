import { clientEnded, meaningOf, toldError } from '../errors.ts'
import { type Pglite, type PgliteTransaction } from './client.ts'
import { asText, type OwnDatabase, type Row, type Statement, type Values } from './database.ts'
import { type CheckedTimeouts, inTime, patiently } from './patience.ts'

/** The database of a `PGlite`. It has one connection, which is never lost, but may be long in somebody's transaction. */
export class PgliteDatabase implements OwnDatabase {
  readonly load = undefined
  readonly #pglite: Pglite
  readonly #timeouts: CheckedTimeouts

  constructor(pglite: Pglite, timeouts: CheckedTimeouts) {
    this.#pglite = pglite
    this.#timeouts = timeouts
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
    signal?.throwIfAborted()
    if (this.#pglite.closed === true) throw clientEnded()
    return inTime(pgliteAnswerOf(this.#pglite, statement, values), this.#timeouts.statement, signal)
  }

  async script(text: string): Promise<void> {
    try {
      // Not by begin and rollback: what others send meanwhile would come between.
      const done = this.#pglite.transaction((transaction) => transaction.exec(text))
      await inTime(done, this.#timeouts.operation)
    } catch (error) {
      throw toldError(meaningOf(error, true))
    }
  }

  async listen(channel: string, onNotification: () => void): Promise<() => void> {
    const unlisten = await this.#pglite.listen(channel, onNotification)
    return () => {
      // Where it is closed, nobody listens.
      unlisten().catch(() => undefined)
    }
  }
}

/** Runs a statement in a `PGlite`, or in a transaction of one. */
export async function pgliteAnswerOf(
  client: PgliteTransaction,
  { text }: Statement,
  values: Values = [],
): Promise<readonly Row[]> {
  try {
    const { rows } = await client.query(text, [...values], { rowMode: 'array', parsers: PARSERS })
    return rows as readonly Row[]
  } catch (error) {
    throw meaningOf(error, true)
  }
}

/** Of the types that the statements of this package return: int8, int4, text, json, and arrays of int8, int4, uuid. */
const PARSERS = Object.fromEntries([20, 23, 25, 114, 1016, 1007, 2951].map((type) => [type, asText]))

import { meaningOf, toldError } from '../errors.ts'
import { type Pglite, type PgliteTransaction } from './client.ts'
import { asText, type OwnDatabase, type Row, type Statement, type Values } from './database.ts'

/** The database of a `PGlite`. It has one connection, which is never lost. */
export class PgliteDatabase implements OwnDatabase {
  readonly load = undefined
  readonly #pglite: Pglite

  constructor(pglite: Pglite) {
    this.#pglite = pglite
  }

  async query(statement: Statement, values?: Values): Promise<readonly Row[]> {
    try {
      return await this.attempt(statement, values)
    } catch (error) {
      throw toldError(error)
    }
  }

  attempt(statement: Statement, values?: Values): Promise<readonly Row[]> {
    return pgliteAnswerOf(this.#pglite, statement, values)
  }

  async script(text: string): Promise<void> {
    try {
      // Not by begin and rollback: what others send meanwhile would come between.
      await this.#pglite.transaction((transaction) => transaction.exec(text))
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

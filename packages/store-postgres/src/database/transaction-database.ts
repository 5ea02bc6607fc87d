import { toldWithin } from '../errors.ts'
import { type PgliteTransaction, type PgTransaction } from './client.ts'
import { type Database, type Row, type Statement, type Values } from './database.ts'
import { pgliteAnswerOf } from './pglite-database.ts'
import { answerOf, queryOf } from './pool-database.ts'

/** A transaction of a `pg` client. */
export function pgTransaction(client: PgTransaction, prepare: boolean): Database {
  return transaction((statement, values) => answerOf(client, queryOf(statement, values, prepare)))
}

/** A transaction of a `PGlite`. */
export function pgliteTransaction(client: PgliteTransaction): Database {
  return transaction((statement, values) => pgliteAnswerOf(client, statement, values))
}

/** Nothing is tried again: what fails has ended the transaction. */
function transaction(attempt: (statement: Statement, values?: Values) => Promise<readonly Row[]>): Database {
  return {
    attempt,
    query: async (statement, values, signal) => {
      signal?.throwIfAborted()
      try {
        return await attempt(statement, values)
      } catch (error) {
        throw toldWithin(error)
      }
    },
  }
}

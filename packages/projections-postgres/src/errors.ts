import { eventmillError, messageOf } from '@eventmill/core/adapter'

/**
 * What an error of the driver means for who may try again, by its SQLSTATE (PostgreSQL, Appendix A. PostgreSQL Error
 * Codes): `STORE_UNREACHABLE` where the connection is gone, or the database cannot write, `STORE_BUSY` where another transaction
 * was in the way, and itself otherwise. `lost` tells whether the connection is known to be gone: an error without an SQLSTATE
 * may be anybody's.
 */
export function meaningOf(error: unknown, lost: boolean): unknown {
  const state = sqlStateOf(error)
  if (state === undefined) return lost ? unreachable(error) : error
  if (/^08|^57P0[1-4]$|^53|^25006$/.test(state)) return unreachable(error)
  if (/^40(001|P01)$|^55P03$/.test(state)) {
    const message = `another transaction was in the way, nothing was written: ${messageOf(error)}`
    return eventmillError('STORE_BUSY', message, { waiting: 0, cause: error })
  }
  return error
}

/** Whether the database has ended the connection with it. */
export function endsConnection(error: unknown): boolean {
  return /^08|^57P0|^25P0[34]$/.test(sqlStateOf(error) ?? '')
}

/** Whether it says that a statement before it has failed, and the transaction with it. */
export function isAborted(error: unknown): boolean {
  return sqlStateOf(error) === '25P02'
}

/** Whether the database has ended a transaction that took too long, or in which nothing happened. */
export function isTooLong(error: unknown): boolean {
  return /^25P0[34]$/.test(sqlStateOf(error) ?? '')
}

/** Whether it is an answer of the database, over a connection that still serves. */
export function isAnswer(error: unknown): boolean {
  return sqlStateOf(error) !== undefined && !endsConnection(error)
}

function unreachable(cause: unknown): Error {
  const message = `the database cannot be reached, or has ended the connection: ${messageOf(cause)}`
  return eventmillError('STORE_UNREACHABLE', message, { cause })
}

/** What PostgreSQL itself has said, not a network. */
function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('severity' in error)) {
    return undefined
  }
  return typeof error.code === 'string' && /^[A-Z0-9]{5}$/.test(error.code) ? error.code : undefined
}

import { eventmillError, messageOf } from '@eventmill/core/adapter'

/**
 * What an error of the driver means for who may try again, by its SQLSTATE (PostgreSQL, Appendix A. PostgreSQL Error
 * Codes): `STORE_UNREACHABLE` where the connection is gone, `STORE_BUSY` where another transaction was in the way, and itself
 * otherwise.
 */
export function meaningOf(error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined) return isLostConnection(error) ? unreachable(error) : error
  if (/^08|^57P0[1-5]$|^53300$|^25P0[34]$/.test(code) || NETWORK.test(code)) return unreachable(error)
  if (/^40(001|P01)$|^55P03$/.test(code)) {
    const message = `another transaction was in the way, nothing was written: ${messageOf(error)}`
    return eventmillError('STORE_BUSY', message, { waiting: 0, cause: error })
  }
  return error
}

/** Whether nothing can be done any more with a connection that has failed so. */
export function isFatal(error: unknown): boolean {
  return meaningOf(error) !== error && !/^(40|55)/.test(codeOf(error) ?? '')
}

function unreachable(cause: unknown): Error {
  const message = `the database cannot be reached, or has ended the connection: ${messageOf(cause)}`
  return eventmillError('STORE_UNREACHABLE', message, { cause })
}

/** An SQLSTATE, or the code of an error of the operating system. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' && /^[A-Z0-9]+$/.test(error.code) ? error.code : undefined
}

const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/

/** `pg` tells of connections that end without a code. */
function isLostConnection(error: unknown): boolean {
  return /connection terminated|client was closed|timeout exceeded when trying to connect|not queryable|Query read timeout/i.test(
    messageOf(error),
  )
}

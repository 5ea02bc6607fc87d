import { type EventmillError, hasCode } from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'

/** The connection is gone, or was never there: nobody knows yet what became of the statement. Tried again, never told. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
  /** Whether the statement may have reached the database. */
  readonly sent: boolean

  constructor(message: string, sent: boolean, options?: ErrorOptions) {
    super(message, options)
    this.sent = sent
  }
}

/** Another transaction was in the way: nothing was done, and it can be tried again. */
export class TransactionLost extends Error {
  override readonly name = 'TransactionLost'
}

/** The type of an event is not stored any more, as after a failover: nothing was done, and it can be registered anew. */
export class TypeLost extends TransactionLost {}

/** A lock was not to be had in time: nothing was done. */
export class Locked extends Error {
  override readonly name = 'Locked'
}

/** The database refuses a value: others in the same statement may be fine. */
export class ValueRefused extends Error {
  override readonly name = 'ValueRefused'
}

/**
 * What an error of the driver means, by its SQLSTATE (PostgreSQL, Appendix A. PostgreSQL Error Codes). `sent` tells
 * whether a statement was on its way.
 */
export function meaningOf(error: unknown, sent: boolean): Error {
  if (error instanceof ConnectionLost) return error
  const sqlState = sqlStateOf(error)
  const cause = withoutValues(error)
  if (sqlState === undefined || severityOf(error) === 'FATAL') {
    return sqlState !== undefined && !sent && REFUSED_AT_THE_DOOR.has(sqlState)
      ? refused(error, sqlState)
      : new ConnectionLost('the connection to the database is lost', sent, { cause })
  }
  if (/^08(?!P01)|^57P0|^53300$/.test(sqlState)) {
    return new ConnectionLost('the database has ended the connection', sent, { cause })
  }
  if (sqlState.startsWith('40')) return new TransactionLost('the transaction met another one', { cause })
  if (sqlState === TYPE_LOST) {
    return new TypeLost('the type of an event is not stored any more', { cause })
  }
  // A statement that is cancelled has mostly waited for a lock, longer than the user's own settings let it.
  if (sqlState === '55P03' || sqlState === '57014') return new Locked('a lock was not to be had', { cause })
  if (/^(22|54|23514|P0001)/.test(sqlState)) {
    return new ValueRefused('the database refuses a value', { cause })
  }
  return refused(error, sqlState)
}

/** The error for who waits: `STORE_UNREACHABLE`, `STORE_REFUSED`, or what it is already. */
export function toldError(error: unknown): unknown {
  if (error instanceof Locked && sqlStateOf(error.cause) === '57014') return refused(error.cause, '57014')
  if (error instanceof ConnectionLost || error instanceof TransactionLost || error instanceof Locked) {
    const message = `${error.message}, and no other try succeeded until the timeout: is the server up, and has the pool a connection to spare?`
    return eventmillError('STORE_UNREACHABLE', message + reasonOf(error), { cause: error.cause })
  }
  if (error instanceof ValueRefused) return refused(error.cause, sqlStateOf(error.cause))
  return error
}

/** The same in a transaction of the user's, in which nothing is tried again: what fails has ended it. */
export function toldWithin(error: unknown): unknown {
  if (error instanceof ConnectionLost || error instanceof TransactionLost || error instanceof Locked) {
    const message = `${error.message}${reasonOf(error)}: roll back, and repeat the whole transaction; nothing of it is stored`
    return eventmillError('STORE_UNREACHABLE', message, { cause: error.cause })
  }
  return toldError(error)
}

/** The same for who migrates, and needs other rights than who appends. */
export function toldMigrating(error: unknown): unknown {
  if (!hasCode(error, 'STORE_REFUSED') || error.sqlState !== '42501') return error
  return refused(error.cause, error.sqlState, MIGRATING)
}

/** Says what to do. Never repeats a value, nor what the driver was configured with. */
function refused(cause: unknown, sqlState: string | undefined, hint = hintOf(sqlState)): EventmillError {
  const message = `the database refuses a statement with ${sqlState ?? 'an error'}, ${messageOf(cause)}: ${hint}`
  return eventmillError('STORE_REFUSED', message, { sqlState, cause })
}

/** For calls on a store that is closed. */
export function storeClosed(): EventmillError {
  return eventmillError('STORE_CLOSED', 'the store is closed: open another one', {})
}

/** For calls on a store whose client was ended before it. */
export function clientEnded(): EventmillError {
  const message = 'the client of the store has ended: close the store before its client, or open another one'
  return eventmillError('STORE_REFUSED', message, { sqlState: undefined })
}

/** For who waited too long for its turn, among so many. */
export function storeBusy(waiting: number): EventmillError {
  const message = `the turn did not come until the timeout, with ${waiting} waiting: slow down, or give the database more capacity; nothing was stored`
  return eventmillError('STORE_BUSY', message, { waiting })
}

/** What is refused before any statement could be sent, and will be the next time. */
const REFUSED_AT_THE_DOOR = new Set(['28000', '28P01', '3D000', '42501'])

/** What `append` in the database raises. */
const TYPE_LOST = 'EM001'

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^28/, 'give the pool a user and a password that the server lets in'],
  [/^3D000/, 'create the database, or name another one'],
  [
    /^42501/,
    'grant the user USAGE on the schema, SELECT on its tables and more on some, USAGE and SELECT on its sequences, and EXECUTE on its functions, as docs/postgres.md lists under "Who may do what"',
  ],
  [/^55000/, 'this is a standby: connect to the primary'],
  [/^25006/, 'connect to the primary, as a user whose default_transaction_read_only is off'],
  [/^(26000|42P05)/, 'where a pooler shares connections by transaction, set prepare: false'],
  [/^(42P01|42883|3F000|42703)/, 'run migrate() of this release, and give the schema that it was run on'],
  [/^57014/, 'give it a longer statement_timeout'],
  [
    /^(22|54)/,
    'a payload is too large or too deep, or holds what the encoding of the database cannot: store it elsewhere and refer to it',
  ],
  [/^(23514|P0001)/, 'a constraint or a trigger, which is none of this package, does not allow it'],
  [/^53100/, 'its disk is full'],
  [/^0A000/, 'use READ COMMITTED, the default'],
]

const MIGRATING =
  'migrate as a user with CREATE on the database who owns the schema, where it is there already; or let such a one run what eventmill-postgres sql prints'

function hintOf(sqlState = ''): string {
  return HINTS.find(([pattern]) => pattern.test(sqlState))?.[1] ?? 'see its cause'
}

function sqlStateOf(error: unknown): string | undefined {
  const code = fieldOf(error, 'code')
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : undefined
}

function severityOf(error: unknown): string | undefined {
  return fieldOf(error, 'severity')
}

function reasonOf({ cause }: Error): string {
  return cause === undefined ? '' : ` (${messageOf(cause)})`
}

/** Some details of PostgreSQL's repeat the row that it refuses. */
function withoutValues(error: unknown): unknown {
  if (error instanceof Error && 'detail' in error) {
    Object.assign(error, { detail: undefined, where: undefined })
  }
  return error
}

/** What an error says. A connection that is refused at several addresses says nothing but its code. */
export function messageOf(error: unknown): string {
  const message = fieldOf(error, 'message') ?? ''
  return message === '' ? (fieldOf(error, 'code') ?? 'it gives no reason') : message
}

function fieldOf(error: unknown, field: string): string | undefined {
  if (typeof error !== 'object' || error === null || !(field in error)) return undefined
  const value = (error as { readonly [field: string]: unknown })[field]
  return typeof value === 'string' ? value : undefined
}

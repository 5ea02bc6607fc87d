import { describe, expect, test } from '@jest/globals'
import { inspect } from 'node:util'
import {
  ConnectionLost,
  Locked,
  meaningOf,
  toldError,
  toldMigrating,
  TransactionLost,
  TypeLost,
  ValueRefused,
} from '../src/errors.ts'

/** As the driver throws what the server says. */
function sqlError(code: string, severity = 'ERROR'): Error {
  return Object.assign(new Error('what the server says'), { code, severity })
}

describe('an error of the driver', () => {
  test.each([
    ['a connection that ends', new Error('Connection terminated unexpectedly'), ConnectionLost],
    ['a socket that is reset', Object.assign(new Error('read'), { code: 'ECONNRESET' }), ConnectionLost],
    ['a pipe that is gone', Object.assign(new Error('write'), { code: 'EPIPE' }), ConnectionLost],
    ['a server that shuts down', sqlError('57P01', 'FATAL'), ConnectionLost],
    ['a server that starts', sqlError('57P03', 'FATAL'), ConnectionLost],
    ['a server with too many connections', sqlError('53300', 'FATAL'), ConnectionLost],
    ['a connection exception', sqlError('08006'), ConnectionLost],
    ['a serialization failure', sqlError('40001'), TransactionLost],
    ['a deadlock', sqlError('40P01'), TransactionLost],
    ['a lock that is not available', sqlError('55P03'), Locked],
    ['a statement that is cancelled', sqlError('57014'), Locked],
    ['a type that is lost', sqlError('EM001'), TypeLost],
    ['a value that is out of range', sqlError('22003'), ValueRefused],
    ['a value that is too large', sqlError('54000'), ValueRefused],
    ['a value that a trigger refuses', sqlError('P0001'), ValueRefused],
  ])('is told apart: %s', (_what, error, kind) => {
    const meaning = meaningOf(error, true)
    expect(meaning).toBeInstanceOf(kind)
    expect(meaning.cause).toBe(error)
  })

  test('repeats no row, as PostgreSQL does in its details', () => {
    const cause = Object.assign(sqlError('23514'), {
      detail: 'Failing row contains (secret).',
      where: 'secret',
    })
    const told = toldError(meaningOf(cause, true)) as Error
    expect(inspect(told, { depth: 5 })).not.toContain('secret')
  })

  test('tells whether a statement was on its way', () => {
    expect(meaningOf(new Error('gone'), true)).toMatchObject({ sent: true })
    expect(meaningOf(new Error('gone'), false)).toMatchObject({ sent: false })
  })

  test.each([
    ['28P01', 'password'],
    ['3D000', 'database'],
    ['42501', 'Who may do what'],
    ['25006', 'default_transaction_read_only'],
    ['23502', 'see its cause'],
    ['55000', 'primary'],
    ['26000', 'prepare: false'],
    ['42P05', 'prepare: false'],
    ['42P01', 'migrate()'],
    ['42883', 'migrate()'],
    ['53100', 'disk'],
    ['0A000', 'READ COMMITTED'],
    ['XX000', 'see its cause'],
  ])('that says %s is refused, and the message says what to do: %s', (sqlState, advice) => {
    const cause = sqlError(sqlState, sqlState.startsWith('28') || sqlState === '3D000' ? 'FATAL' : 'ERROR')
    const error = meaningOf(cause, false)
    expect(error).toMatchObject({ code: 'STORE_REFUSED', sqlState, cause })
    expect(error.message).toContain(advice)
    expect(toldError(error)).toBe(error)
  })

  test.each([
    ['42501', 'migrate as a user with CREATE on the database'],
    ['25006', 'default_transaction_read_only'],
    ['28P01', 'password'],
  ])('that says %s while it migrates is told with what a migration needs: %s', (sqlState, advice) => {
    const cause = sqlError(sqlState)
    const error = toldMigrating(toldError(meaningOf(cause, false)))
    expect(error).toMatchObject({ code: 'STORE_REFUSED', sqlState, cause })
    expect(String(error)).toContain(advice)
    expect(String(error)).not.toContain('USAGE')
  })

  test('is told to who waits in the words of the store', () => {
    const cause = sqlError('40001')
    expect(toldError(meaningOf(cause, true))).toMatchObject({ code: 'STORE_UNREACHABLE', cause })
    expect(toldError(meaningOf(sqlError('22P05'), true))).toMatchObject({
      code: 'STORE_REFUSED',
      sqlState: '22P05',
    })
    expect(toldError(meaningOf(sqlError('57014'), true))).toMatchObject({
      code: 'STORE_REFUSED',
      message: expect.stringContaining('statement_timeout'),
    })
    const refused = Object.assign(new Error(''), { code: 'ECONNREFUSED' })
    expect(String(toldError(meaningOf(refused, false)))).toContain('ECONNREFUSED')
    const other = new TypeError('no error of the database')
    expect(toldError(other)).toBe(other)
  })
})

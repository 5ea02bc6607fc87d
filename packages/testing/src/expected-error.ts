import { invalidArgument, messageOf } from '@eventmill/core/adapter'
import { areAlike } from './changes.ts'
import { shown } from './shown.ts'

/** How an error is told: its class, its code, a pattern of its message, some of its fields, or one that is alike. */
export type ExpectedError = ErrorClass | string | RegExp | Error | { readonly [field: string]: unknown }

type ErrorClass = abstract new (...args: never) => object

/** Throws `ARGUMENT_INVALID` for what tells no error, or any. */
export function checkExpectedError(expected: ExpectedError): void {
  if (typeof expected === 'string' || typeof expected === 'function') return
  if (isRecord(expected) && (expected instanceof RegExp || expected instanceof Error)) return
  if (isRecord(expected) && Object.keys(expected).length > 0) return
  throw invalidArgument(
    'error',
    'a class, a code, a pattern of the message, an error that is alike, or an object of at least one field',
    expected,
  )
}

export function isExpectedError(expected: ExpectedError, error: unknown): boolean {
  if (typeof expected === 'string') return isRecord(error) && error.code === expected
  if (typeof expected === 'function') return error instanceof expected
  if (expected instanceof RegExp) return expected.test(messageOf(error))
  if (expected instanceof Error) {
    return error instanceof Error && error.name === expected.name && error.message === expected.message
  }
  return isRecord(error) && Object.entries(expected).every(([field, value]) => areAlike(value, error[field]))
}

export function describeExpected(expected: ExpectedError): string {
  if (typeof expected === 'string') return `code ${expected}`
  if (typeof expected === 'function') return expected.name
  if (expected instanceof RegExp) return `message ${expected}`
  return expected instanceof Error ? describeError(expected) : shown(expected)
}

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return shown(error)
  const code = 'code' in error ? ` (${String(error.code)})` : ''
  const { name } = error.constructor
  return `${error.name === 'Error' ? name : error.name}${code}: ${error.message}`
}

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null
}

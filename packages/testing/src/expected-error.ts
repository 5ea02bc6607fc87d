import { equalJson, invalidArgument, messageOf } from '@eventmill/core/adapter'

/** How an error is told: its class, its code, a pattern of its message, some of its fields, or one that is alike. */
export type ExpectedError = ErrorClass | string | RegExp | Error | { readonly [field: string]: unknown }

type ErrorClass = abstract new (...args: never) => object

/** Throws `ARGUMENT_INVALID` for what any error would do. */
export function checkExpectedError(expected: ExpectedError): void {
  const isTold = typeof expected !== 'object' || expected instanceof RegExp || expected instanceof Error
  if (isTold || Object.keys(expected).length > 0) return
  throw invalidArgument('error', 'a class, a code, a pattern, an error, or some of its fields', expected)
}

export function isExpectedError(expected: ExpectedError, error: unknown): boolean {
  if (typeof expected === 'string') return isRecord(error) && error.code === expected
  if (typeof expected === 'function') return error instanceof expected
  if (expected instanceof RegExp) return expected.test(messageOf(error))
  if (expected instanceof Error) {
    return error instanceof Error && error.name === expected.name && error.message === expected.message
  }
  return (
    isRecord(error) &&
    Object.entries(expected).every(
      ([field, value]) => Object.is(error[field], value) || equalJson(error[field], value),
    )
  )
}

export function describeExpected(expected: ExpectedError): string {
  if (typeof expected === 'string') return `code ${expected}`
  if (typeof expected === 'function') return expected.name
  if (expected instanceof RegExp) return `message ${expected}`
  return expected instanceof Error ? describeError(expected) : JSON.stringify(expected)
}

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? ` (${String(error.code)})` : ''
  const { name } = error.constructor
  return `${error.name === 'Error' ? name : error.name}${code}: ${error.message}`
}

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null
}

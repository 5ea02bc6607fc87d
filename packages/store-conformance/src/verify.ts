import { type ErrorCode, type ErrorOf, hasCode } from '@eventmill/core'
import { equalJson } from '@eventmill/core/adapter'

/** A rule is broken. The message says what was seen and what should have been. */
export class Violation extends Error {
  override readonly name: string = 'Violation'
}

/** Fails with the message unless the condition holds. */
export function verify(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Violation(message)
}

/** Fails unless two JSON values are equal, key order aside. */
export function verifyEqual(actual: unknown, expected: unknown, what: string): void {
  if (!equalJson(withoutUndefined(actual), withoutUndefined(expected))) {
    throw new Violation(`${what} should be ${show(expected)}, but is ${show(actual)}`)
  }
}

/** Fails unless the promise rejects with an error of this code, and with these fields. Resolves to the error. */
export async function verifyRejects<Code extends ErrorCode>(
  promise: Promise<unknown>,
  code: Code,
  what: string,
  fields: { readonly [field: string]: unknown } = {},
): Promise<ErrorOf<Code>> {
  const error = await rejection(promise, `${what} should fail with ${code}`)
  if (!hasCode(error, code)) {
    throw new Violation(`${what} should fail with ${code}, but failed with ${show(error)}`)
  }
  for (const [field, value] of Object.entries(fields)) {
    verifyEqual(Reflect.get(error, field), value, `the ${field} of the ${code} of ${what}`)
  }
  return error
}

/** Fails unless the promise rejects with this very reason. */
export async function verifyRejectsWith(
  promise: Promise<unknown>,
  reason: unknown,
  what: string,
): Promise<void> {
  const error = await rejection(promise, `${what} should fail with the reason of its signal`)
  verify(
    error === reason,
    `${what} should fail with the reason of its signal, but failed with ${show(error)}`,
  )
}

async function rejection(promise: Promise<unknown>, expected: string): Promise<unknown> {
  let result: unknown
  try {
    result = await promise
  } catch (error) {
    return error
  }
  throw new Violation(`${expected}, but resolved to ${show(result)}`)
}

function show(value: unknown): string {
  if (value instanceof Error) return `${String(value)}${'code' in value ? ` (${String(value.code)})` : ''}`
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) return String(value)
  return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`
}

/** Leaves out properties that are undefined, as JSON does. What is no JSON stays what it is: a date is no text. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutUndefined(each)]))
}

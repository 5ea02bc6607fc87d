import { eventmillError, type ErrorOf } from './errors.ts'
import { isStorableText } from './json.ts'

const MAX_BYTES = 1024
const utf8 = new TextEncoder()

/**
 * Refuses with `ARGUMENT_INVALID` what cannot name a stream, a type, a namespace or a commit: anything but text
 * of 1 to 1,024 bytes of well-formed UTF-8 without NUL.
 */
export function checkName(value: unknown, argument: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgument(argument, 'a string', value)
  if (value === '' || isTooLong(value)) throw invalidArgument(argument, 'a string of 1 to 1,024 bytes', value)
  if (!isStorableText(value)) {
    throw invalidArgument(argument, 'well-formed text without NUL or lone surrogates', value)
  }
}

/** Whether `checkName` would let this pass. */
export function isName(value: string): boolean {
  return value !== '' && !isTooLong(value) && isStorableText(value)
}

/** Refuses with `ARGUMENT_INVALID` anything but a safe integer from `least`. */
export function checkInteger(value: unknown, least: number, argument: string): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw invalidArgument(argument, `a safe integer from ${least}`, value)
  }
}

/** The longest that a timer waits: a longer one is over at once. */
const LONGEST_TIMER = 2_147_483_647

/** Refuses with `ARGUMENT_INVALID` all but whole milliseconds, of which there are `least` at least, that a timer can wait. */
export function checkMilliseconds(value: unknown, least: number, argument: string): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > LONGEST_TIMER) {
    throw invalidArgument(argument, `whole milliseconds from ${least} to ${LONGEST_TIMER}`, value)
  }
}

/** Refuses with `ARGUMENT_INVALID` what is no object, or is a list. */
export function checkObject(value: unknown, argument: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidArgument(argument, 'an object', value)
  }
}

/** Refuses with `ARGUMENT_INVALID` an object that has other keys than these: an ignored option is a trap. */
export function checkKeys(
  value: unknown,
  known: ReadonlySet<string>,
  argument: string,
): asserts value is object {
  checkObject(value, argument)
  for (const key of Object.keys(value)) {
    if (!known.has(key)) {
      const allowed = [...known].join(', ')
      throw invalidArgument(`${argument}.${key}`, `absent: it is not supported here (known: ${allowed})`)
    }
  }
}

/** `found` is described, not quoted in full: it may be long, or secret. */
export function invalidArgument(
  argument: string,
  wanted: string,
  ...found: readonly unknown[]
): ErrorOf<'ARGUMENT_INVALID'> {
  const but = found.length === 0 ? '' : `, but it is ${describe(found[0])}`
  return eventmillError('ARGUMENT_INVALID', `${argument} must be ${wanted}${but}`, { argument })
}

function describe(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= 40 ? JSON.stringify(value) : `a string of ${utf8.encode(value).length} bytes`
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined) return String(value)
  if (value === null) return 'null'
  if (!Array.isArray(value)) return `of type ${typeof value}`
  return value.length > 0 ? 'an array' : 'an empty list'
}

function isTooLong(value: string): boolean {
  // A UTF-16 unit takes at most 3 bytes, so short names need no count.
  return value.length * 3 > MAX_BYTES && utf8.encode(value).length > MAX_BYTES
}

import { uuidv7 } from '@eventmill/core/adapter'
import { createHash } from 'node:crypto'

/**
 * What tells an append from all others: the last 20 digits of the id of its first event. The time before them is the
 * database's; the ids of its further events follow one after the other.
 */
export interface Identity {
  readonly tail: string
  readonly count: number
}

/** The identity of an append that brings so many events. */
export function newIdentity(count: number): Identity {
  const digits = uuidv7(0).replaceAll('-', '').slice(12)
  // The last 32 bits count, and leave room for it.
  const last = Number.parseInt(digits.slice(12), 16) & 0x7fff_ffff
  return { tail: digits.slice(0, 12) + hex32(last), count }
}

/** The digits of each of its events. */
export function tailsOf({ tail, count }: Identity): readonly string[] {
  if (count === 1) return [tail]
  const [start, first] = [tail.slice(0, 12), Number.parseInt(tail.slice(12), 16)]
  return Array.from({ length: count }, (_, index) => start + hex32(first + index))
}

/** The id of an event that was stored at this time. */
export function idAt(time: number, tail: string): string {
  const stamp = time.toString(16).padStart(12, '0')
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${tail.slice(0, 4)}-${tail.slice(4, 8)}-${tail.slice(8)}`
}

/** The last group of digits of an id with this tail: enough to tell it from the ids of another attempt. */
export function lastDigits(tail: string): string {
  return tail.slice(8)
}

/** The commit id under which an append that had none can be repeated. */
export function commitIdOf({ tail, count }: Identity): string {
  return `eventmill:${tail}:${count}`
}

/** The identity that such a commit id tells of. */
export function identityOf(commitId: string | undefined): Identity | undefined {
  const [, tail, count] = /^eventmill:([0-9a-f]{20}):([1-9][0-9]{0,6})$/.exec(commitId ?? '') ?? []
  return tail === undefined ? undefined : { tail, count: Number(count) }
}

/** The time of an id, in RFC 3339. */
export function timeOf(id: string): string {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString()
}

/** A commit id as it is stored: as it is, where it is a UUID, and as one that holds its hash (UUIDv8) otherwise. */
export function commitKey(commitId: string): string {
  if (isUuid(commitId)) return commitId
  const hash = createHash('sha256').update(commitId).digest('hex')
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

/** Whether a text is a UUID that comes back from PostgreSQL as it was. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

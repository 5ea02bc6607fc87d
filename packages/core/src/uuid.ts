/**
 * A UUIDv7 (RFC 9562, section 5.7): `time` (milliseconds since 1970) in its first 48 bits, 74 random bits after
 * it. Ids of different milliseconds sort by time.
 */
export function uuidv7(time: number): string {
  if (next === randomness.length) {
    crypto.getRandomValues(randomness)
    next = 0
  }
  write(0, 0x7000 | (word() & 0x0fff))
  write(5, 0x8000 | (word() & 0x3fff))
  for (const place of [10, 14, 18]) write(place, word())
  // In one piece: a text put together from its digits would take 400 bytes more for as long as it is kept.
  return stamp(time) + String.fromCharCode(...codes)
}

/** Drawn in bulk, since a draw costs far more than the id that needs it: five words each. */
const randomness = new Uint16Array(5 * 1024)
let next = randomness.length

function word(): number {
  const value = randomness[next] ?? 0
  randomness[next] = 0
  next += 1
  return value
}

const DIGITS = codesOf('0123456789abcdef')

/** What follows the time, one character code each. */
const codes = codesOf('7000-8000-000000000000')

function codesOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}

/** Writes the four digits of a word. */
function write(place: number, value: number): void {
  for (let digit = 0; digit < 4; digit++) {
    codes[place + digit] = DIGITS[(value >> (12 - 4 * digit)) & 0xf] ?? 0
  }
}

let stampedTime: number | undefined
let stamped = ''

/** The time, as an id starts with it: ids of the same millisecond share the text. */
function stamp(time: number): string {
  if (time !== stampedTime) {
    const digits = Math.floor(time).toString(16).padStart(12, '0')
    stampedTime = time
    stamped = `${digits.slice(0, 8)}-${digits.slice(8)}-`
  }
  return stamped
}

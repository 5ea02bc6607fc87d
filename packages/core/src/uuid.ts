/**
 * A UUIDv7 (RFC 9562, section 5.7): `time` (milliseconds since 1970) in its first 48 bits, 74 random bits after
 * it. Ids of different milliseconds sort by time.
 */
export function uuidv7(time: number): string {
  if (next === randomness.length) {
    crypto.getRandomValues(randomness)
    next = 0
  }
  const stamp = Math.floor(time).toString(16).padStart(12, '0')
  const a = hex(0x7000 | (word() & 0x0fff))
  const b = hex(0x8000 | (word() & 0x3fff))
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-${a}-${b}-${hex(word())}${hex(word())}${hex(word())}`
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

function hex(value: number): string {
  return (HEX[value >> 8] ?? '') + (HEX[value & 0xff] ?? '')
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

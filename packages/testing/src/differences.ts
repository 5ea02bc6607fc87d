/**
 * Where two values differ, a line each: `lines[7].units: 99 → 7`. Maps are compared by their keys, sets by their members, and
 * everything else that is an object by its own fields.
 */
export function differences(expected: unknown, found: unknown, path = ''): readonly string[] {
  if (Object.is(expected, found)) return []
  const parts = partsOf(expected)
  const others = partsOf(found)
  if (parts === undefined || others === undefined || kindOf(expected) !== kindOf(found)) {
    return [`${path === '' ? 'it' : path}: ${shown(expected)} → ${shown(found)}`]
  }
  const keys = new Set([...parts.keys(), ...others.keys()])
  return [...keys].flatMap((key) => differences(parts.get(key), others.get(key), joined(path, key)))
}

/** The parts of what has some, by what leads to each. */
function partsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Date) return undefined
  if (value instanceof Map) {
    return new Map([...value].map(([key, part]) => [`get(${shown(key)})`, part as unknown]))
  }
  if (value instanceof Set) return new Map([...value].map((part) => [`has(${shown(part)})`, true]))
  if (Array.isArray(value)) return new Map(value.map((part, index) => [`[${index}]`, part as unknown]))
  return new Map(Object.entries(value).filter(([, part]) => part !== undefined))
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list'
  return value instanceof Map ? 'map' : value instanceof Set ? 'set' : 'object'
}

function joined(path: string, key: string): string {
  return path === '' || key.startsWith('[') ? `${path}${key}` : `${path}.${key}`
}

/** A value in a few words. */
function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Map || value instanceof Set) return `${kindOf(value)} of ${value.size}`
  if (typeof value === 'function' || typeof value === 'symbol' || value === undefined) return String(value)
  const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`
}

const LONGEST = 80

/**
 * A value for people, in one line: as JSON writes it, and so that what JSON leaves out or alters can be told apart as well:
 * `undefined`, `5n`, `Date 2026-01-31T12:00:00.000Z`, `Map {"DE1" → 5}`, `Set {1, 2}`, `Balance {"cents":5}`.
 */
export function shown(value: unknown): string {
  return text(value, [])
}

function text(value: unknown, parents: readonly object[]): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `[function ${value.name}]`
  // String() knows 0 from NaN, and not from -0.
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return String(value)
  if (parents.includes(value)) return '[what contains it]'
  return objectText(value, (part) => text(part, [...parents, value]))
}

function objectText(value: object, part: (value: unknown) => string): string {
  if (Array.isArray(value)) return `[${Array.from(value as unknown[], part).join(',')}]`
  if (value instanceof Date) {
    return `Date ${Number.isNaN(value.getTime()) ? 'that is none' : value.toISOString()}`
  }
  if (value instanceof Map) {
    return `Map {${Array.from(value, ([key, item]) => `${part(key)} → ${part(item)}`).join(', ')}}`
  }
  if (value instanceof Set) return `Set {${Array.from(value, part).join(', ')}}`
  if (value instanceof Error) return `${value.name}: ${value.message}`
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${part(item)}`)
  return `${classOf(value)}{${fields.join(',')}}`
}

/** The name of a class, and a space; nothing for plain objects. */
function classOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return ''
  return `${value.constructor.name} `
}

/**
 * The path to the first difference between a payload and what is read back of it, below `path`; `undefined` where
 * there is none. A property that is `undefined` is as good as absent, and `-0` as good as `0`.
 */
export function differencePath(payload: unknown, again: unknown, path: string): string | undefined {
  if (payload === again || (Number.isNaN(payload) && Number.isNaN(again))) return undefined
  if (!isObject(payload) || !isObject(again)) return path
  if (Object.getPrototypeOf(payload) !== Object.getPrototypeOf(again)) {
    // What JSON has copied may have lost that it had no prototype.
    if (!isPlain(payload) || !isPlain(again)) return path
  }
  if (payload instanceof Map && again instanceof Map) return differencePath([...payload], [...again], path)
  if (payload instanceof Set && again instanceof Set) return differencePath([...payload], [...again], path)
  if (!isPlain(payload) && !Array.isArray(payload) && content(payload) !== content(again)) return path
  const lists = Array.isArray(payload)
  for (const key of new Set([...Object.keys(payload), ...Object.keys(again)])) {
    const below = lists ? `${path}[${key}]` : `${path}.${key}`
    const difference = differencePath(own(payload, key), own(again, key), below)
    if (difference !== undefined) return difference
  }
  return undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** A date as its time, an address as its text: what an instance of a class is, beside its own properties. */
function content(value: object): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- instances that say nothing are equally silent
  return value instanceof Date ? String(value.getTime()) : String(value)
}

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined
}

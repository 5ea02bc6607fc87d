/**
 * The path to the first difference between a payload and what is read back of it, below `path`; `undefined` where
 * there is none. A property that is `undefined` is as good as absent, and `-0` as good as `0`. Instances of classes
 * that show nothing of themselves are taken for different.
 */
export function differencePath(payload: unknown, again: unknown, path: string): string | undefined {
  return compare(payload, again, { path, parents: [] })
}

/** Where a comparison has got to. */
interface Place {
  readonly path: string
  readonly parents: readonly object[]
}

function compare(payload: unknown, again: unknown, { path, parents }: Place): string | undefined {
  if (Object.is(payload, again) || payload === again) return undefined
  if (!isObject(payload) || !isObject(again) || !areAlike(payload, again)) return path
  // What contains itself has been compared so far, and is compared already.
  if (parents.includes(payload)) return undefined
  const inside = (key: string) => ({ path: path + key, parents: [...parents, payload] })

  if (payload instanceof Map) return compareMaps(payload, again as typeof payload, inside)
  if (payload instanceof Set) return sameMembers(payload, again as typeof payload) ? undefined : path
  if (ArrayBuffer.isView(payload)) return sameBytes(payload, again as typeof payload) ? undefined : path
  const keys = new Set([...Object.keys(payload), ...Object.keys(again)])
  if (!isPlain(payload) && !Array.isArray(payload) && !sameContent(payload, again, keys.size)) return path
  for (const key of keys) {
    const below = inside(Array.isArray(payload) ? `[${key}]` : `.${key}`)
    const difference = compare(own(payload, key), own(again, key), below)
    if (difference !== undefined) return difference
  }
  return undefined
}

function compareMaps(
  payload: ReadonlyMap<unknown, unknown>,
  again: ReadonlyMap<unknown, unknown>,
  inside: (key: string) => Place,
): string | undefined {
  for (const key of new Set([...payload.keys(), ...again.keys()])) {
    const below = inside(`[${String(key)}]`)
    if (payload.has(key) !== again.has(key)) return below.path
    const difference = compare(payload.get(key), again.get(key), below)
    if (difference !== undefined) return difference
  }
  return undefined
}

function sameMembers(payload: ReadonlySet<unknown>, again: ReadonlySet<unknown>): boolean {
  return payload.size === again.size && [...payload].every((member) => again.has(member))
}

/** What bytes say as text is not enough: a `Buffer` takes all that is no UTF-8 for one and the same character. */
function sameBytes(payload: ArrayBufferView, again: ArrayBufferView): boolean {
  const [bytes, others] = [bytesOf(payload), bytesOf(again)]
  return bytes.length === others.length && bytes.every((byte, index) => byte === others[index])
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Of one class, or of one that the other extends; what JSON has copied may have lost that it had no prototype. */
function areAlike(payload: object, again: object): boolean {
  if (isPlain(payload) || isPlain(again)) return isPlain(payload) && isPlain(again)
  const prototype: unknown = Object.getPrototypeOf(again)
  return isObject(prototype) && Object.prototype.isPrototypeOf.call(prototype, payload)
}

/** Beside its own properties, an instance is what it says: a date its time, an address its text. */
function sameContent(payload: object, again: object, properties: number): boolean {
  if (payload instanceof Date) return payload.getTime() === (again as Date).getTime()
  const says = payload.toString !== Object.prototype.toString
  return says ? textOf(payload) === textOf(again) : properties > 0
}

/** What an instance says of itself. */
function textOf(value: object): string {
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- asked where it says more than that
  return String(value)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function own(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? Reflect.get(object, key) : undefined
}

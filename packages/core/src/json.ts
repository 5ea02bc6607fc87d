import { eventmillError, type ErrorOf } from './errors.ts'

/** A value that JSON carries. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** Values nested deeper than this are refused: the parsers of some databases recurse. */
const MAX_DEPTH = 1000

/** NUL and, thanks to the `u` flag, surrogates without their other half: neither survives every database. */
// eslint-disable-next-line no-control-regex
const UNSTORABLE = /[\u0000\ud800-\udfff]/u

/** Whether every store can carry this text: well-formed Unicode without NUL. */
export function isStorableText(text: string): boolean {
  return !UNSTORABLE.test(text)
}

/**
 * A deeply frozen copy of `value` as it comes back from JSON: properties that are `undefined` are left out and
 * `-0` becomes `0`. Throws `VALUE_NOT_JSON` for all else that JSON would drop, change or choke on. `root` names
 * the value in the error's path.
 */
export function copyJson(value: unknown, root: string): Json {
  return copy(value, { root, keys: [], parents: [] })
}

/** Whether two JSON values are equal, key order aside. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => equalJson(item, b[index]))
  }
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => Object.hasOwn(b, key) && equalJson(Reflect.get(a, key), Reflect.get(b, key)))
}

/** Where a copy has got to. */
interface Trail {
  readonly root: string
  readonly keys: (string | number)[]
  readonly parents: object[]
}

function copy(value: unknown, trail: Trail): Json {
  switch (typeof value) {
    case 'string':
      if (!isStorableText(value)) throw refusal(trail, 'text with NUL or a lone surrogate')
      return value
    case 'number':
      if (!Number.isFinite(value)) throw refusal(trail, String(value))
      return value === 0 ? 0 : value
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      return Array.isArray(value) ? copyArray(value, trail) : copyObject(value, trail)
    default:
      throw refusal(trail, value === undefined ? 'undefined' : `a ${typeof value}`)
  }
}

function copyArray(array: readonly unknown[], trail: Trail): Json {
  if (!isPlainArray(array)) throw refusal(trail, `an instance of ${className(array)}`)
  descend(array, trail)
  const result: Json[] = []
  for (let index = 0; index < array.length; index++) {
    trail.keys.push(index)
    result.push(copy(array[index], trail))
    trail.keys.pop()
  }
  if (Object.keys(array).length !== array.length || hasSymbols(array)) {
    throw refusal(trail, 'an array with named properties')
  }
  trail.parents.pop()
  return Object.freeze(result)
}

function copyObject(object: object, trail: Trail): Json {
  if (!isPlain(object)) throw refusal(trail, `an instance of ${className(object)}`)
  if (hasSymbols(object)) throw refusal(trail, 'an object with symbols for keys')
  descend(object, trail)
  const result: { [key: string]: Json } = {}
  for (const key of Object.keys(object)) {
    const value: unknown = Reflect.get(object, key)
    if (value === undefined) continue
    trail.keys.push(key)
    if (!isStorableText(key)) throw refusal(trail, 'a key with NUL or a lone surrogate')
    const copied = copy(value, trail)
    trail.keys.pop()
    // A plain assignment to __proto__ would set the prototype instead of storing the property.
    if (key === '__proto__') defineProperty(result, key, copied)
    else result[key] = copied
  }
  trail.parents.pop()
  return Object.freeze(result)
}

function descend(parent: object, trail: Trail): void {
  const { keys, parents } = trail
  if (parents.includes(parent)) throw refusal(trail, 'a reference to what contains it')
  if (parents.length === MAX_DEPTH) {
    keys.length = 10
    throw refusal(trail, `nested deeper than ${MAX_DEPTH} levels`)
  }
  parents.push(parent)
}

/** Made by a literal, by `JSON.parse` or without a prototype, in whichever realm. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === null || prototype === Object.prototype) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty')
}

/** Made by a literal in whichever realm: the prototype of all arrays is an array itself, that of a subclass is not. */
function isPlainArray(array: readonly unknown[]): boolean {
  return Array.isArray(Object.getPrototypeOf(array))
}

function hasSymbols(object: object): boolean {
  return Object.getOwnPropertySymbols(object).some((key) =>
    Object.prototype.propertyIsEnumerable.call(object, key),
  )
}

function className(object: object): string {
  const { constructor } = object
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'a class'
}

function defineProperty(object: object, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true })
}

function refusal({ root, keys }: Trail, reason: string): ErrorOf<'VALUE_NOT_JSON'> {
  const path = root + keys.map(pathStep).join('')
  const message = `${path} is ${reason}, which JSON cannot carry: store a plain value instead`
  return eventmillError('VALUE_NOT_JSON', message, { path, reason })
}

function pathStep(key: string | number): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(String(key)) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/**
 * Freezes a state as deep as it is made of plain objects and arrays, so that neither a handler nor a caller changes
 * what others see; what a state refers to is part of it. It stops at what is frozen already, and takes that for
 * frozen all through: a state that shares its parts with the one before costs only what is new. Maps, sets, dates
 * and instances of classes stay as they are.
 */
export function freezeState<State>(state: State): State {
  if (!isFreezable(state)) return state
  Object.freeze(state)
  if (Array.isArray(state)) for (const item of state) freezeState(item)
  else for (const key in state) freezeState(state[key])
  return state
}

/** In levels. */
const MAX_DEPTH = 1000

/** What is known to be frozen all through: states share their parts with those before. */
const immutable = new WeakSet<object>()

/** Whether nobody can change a state: it is made of plain objects and arrays, and frozen all through. */
export function isImmutable(value: unknown, within: readonly object[] = []): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  if (immutable.has(value)) return true
  if (!Object.isFrozen(value) || !isPlain(value) || within.includes(value)) return false
  // A list of a million links is not worth remembering.
  if (within.length === MAX_DEPTH) return false
  const around = [...within, value]
  if (!Object.values(value).every((item) => isImmutable(item, around))) return false
  immutable.add(value)
  return true
}

function isFreezable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Object.isFrozen(value) && isPlain(value)
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

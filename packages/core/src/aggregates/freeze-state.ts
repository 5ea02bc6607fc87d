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

function isFreezable(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

import { checkInteger, checkKeys } from '../argument-checks.ts'
import { eventmillError } from '../errors.ts'

/** When snapshots of an aggregate are made, and how its state is written as JSON. */
export interface SnapshotRules<State = unknown> {
  /** A snapshot is made whenever so many further events are there. */
  readonly every: number
  /**
   * Raise it whenever `initialize`, `apply` or the state change: snapshots of another version are not used. Definitions of
   * the same type of aggregate need different ones. Default 1.
   */
  readonly version?: number | undefined
  /**
   * Writes a state as JSON, and reads it again, as `stateCodec` of `@eventmill/schema` does. Default: the state is JSON as
   * it is; properties that are `undefined` are left out, `-0` becomes `0`, an object without a prototype gets one, and what
   * stands in two places comes back as two.
   */
  readonly codec?: StateCodec<State> | undefined
}

/** Translates a state to JSON and back. */
export interface StateCodec<State = unknown> {
  /** The state as JSON. What it throws is told to `onError`, and no snapshot is made. */
  encode(state: State): unknown
  /** The state of what `encode` returned. What it throws is told to `onError`, and the events are read instead. */
  decode(json: never): State
}

/** `SnapshotRules`, complete. */
export interface CheckedSnapshotRules {
  readonly every: number
  readonly version: number
  readonly codec: StateCodec
}

/** The rules, complete. Throws `ARGUMENT_INVALID`, and `DEFINITION_INVALID` for a codec that is none. */
export function checkSnapshotRules(rules: SnapshotRules, definition: string): CheckedSnapshotRules {
  checkKeys(rules, RULES, 'snapshots')
  const { every, version = 1, codec = AS_IT_IS } = rules
  checkInteger(every, 1, 'snapshots.every')
  checkInteger(version, 1, 'snapshots.version')
  const { encode, decode } = codec as Partial<StateCodec>
  if (typeof encode !== 'function' || typeof decode !== 'function') {
    const message = `the aggregate ${definition} has a codec for its snapshots without encode and decode: add them`
    throw eventmillError('DEFINITION_INVALID', message, { definition })
  }
  return { every, version, codec }
}

const RULES = new Set(['every', 'version', 'codec'])

const AS_IT_IS: StateCodec = {
  encode: (state) => state,
  decode: (json) => json,
}

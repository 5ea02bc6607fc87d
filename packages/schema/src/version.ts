import { type EventDefinition } from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'
import type * as z from 'zod/v4/core'

/** The newest schema of a payload, with the versions before it. */
export interface Versioned<Schema extends z.$ZodType = z.$ZodType> {
  /** That of the newest version. */
  readonly schema: Schema
  /** Every version, oldest first: version n stands at index n - 1. */
  readonly versions: readonly PayloadVersion[]
  /**
   * Adds the next version. `upcast` turns the stored JSON of the version before it into this one's, and must not
   * change its argument. Throws `DEFINITION_INVALID` where the schema is that of an earlier version, and without
   * `upcast`.
   */
  next<Next extends z.$ZodType>(schema: Next, upcast: Upcast<Schema, Next>): Versioned<Next>
}

/** One version of a payload. */
export interface PayloadVersion {
  /** What a payload of this version must be. */
  readonly schema: z.$ZodType
  /** From the JSON of the version before; absent in version 1. */
  readonly upcast?: ((json: never) => unknown) | undefined
}

/** From the stored JSON of one version to that of the next. */
export type Upcast<From extends z.$ZodType, To extends z.$ZodType> =
  // Deferred until the new schema is known, so that literals in what the function returns do not widen.
  To extends z.$ZodType ? (json: z.input<From>) => z.input<To> : never

/** Starts the history of a payload with its first version: `version(v1).next(v2, json => …)`. */
export function version<Schema extends z.$ZodType>(schema: Schema): Versioned<Schema> {
  return versioned(schema, [{ schema }])
}

function versioned<Schema extends z.$ZodType>(
  schema: Schema,
  versions: readonly PayloadVersion[],
): Versioned<Schema> {
  return {
    schema,
    versions,
    next(nextSchema, upcast) {
      const definition = `version ${versions.length + 1}`
      const refuse = (reason: string) =>
        eventmillError('DEFINITION_INVALID', `${definition} ${reason}`, { definition })
      const same = versions.findIndex((earlier) => earlier.schema === nextSchema) + 1
      if (same > 0) throw refuse(`repeats the schema of version ${same}: give each its own`)
      if (typeof upcast !== 'function') {
        throw refuse(`has no step from the version before it: next(schema, (json) => …)`)
      }
      return versioned(nextSchema, [...versions, { schema: nextSchema, upcast }])
    },
  }
}

/** A definition that knows its versions. */
export interface VersionedDefinition extends EventDefinition {
  /** Every version, oldest first: version n stands at index n - 1. */
  readonly versions: readonly PayloadVersion[]
}

/** The versions of a type; `undefined` where it was defined without schemas. */
export function versionsOf(
  definition: EventDefinition | VersionedDefinition,
): readonly PayloadVersion[] | undefined {
  return 'versions' in definition ? definition.versions : undefined
}

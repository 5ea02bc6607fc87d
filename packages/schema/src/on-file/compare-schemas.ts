import { schemaDifferences, type SchemaDifference } from './schema-differences.ts'
import { type JsonSchema } from './json-schema.ts'
import { type StoredSchemas } from './stored-schemas.ts'

/** One version of a type. */
export interface TypeVersion {
  /** The namespace. */
  readonly source: string
  /** The name of the type within it. */
  readonly type: string
  /** From 1. */
  readonly version: number
}

/** A stored version that is no longer what it was. */
export interface BreakingChange extends TypeVersion {
  /** What has become of it. */
  readonly kind: 'changed' | 'removed'
  /** Where its schema says something else; empty for a version that was removed. */
  readonly differences: readonly SchemaDifference[]
}

/** What has become of stored schemas. */
export interface SchemaComparison {
  /** Versions that events may be stored under, which may not be readable any more, or be read as something else. */
  readonly breaking: readonly BreakingChange[]
  /** New types, and new versions of types. Safe: no event is stored under them. */
  readonly added: readonly TypeVersion[]
}

/**
 * Compares the schemas that events were stored under with those of today. That a stored version was changed or removed
 * is breaking, whatever the change: also a wider schema tells of payloads that older readers do not expect. A new
 * version is how a payload changes. How a schema is written does not matter, only what it says: the order of keys, and
 * that of `required` and `enum`, is free.
 */
export function compareSchemas(before: StoredSchemas, after: StoredSchemas): SchemaComparison {
  const [old, now] = [versionsIn(before), versionsIn(after)]
  const breaking = [...old].flatMap(([key, { schema, ...version }]): BreakingChange[] => {
    const today = now.get(key)
    if (today === undefined) return [{ ...version, kind: 'removed', differences: [] }]
    const differences = schemaDifferences(schema, today.schema)
    return differences.length === 0 ? [] : [{ ...version, kind: 'changed', differences }]
  })
  const added = [...now].filter(([key]) => !old.has(key)).map(([, { schema: _, ...version }]) => version)
  return { breaking, added }
}

function versionsIn(schemas: StoredSchemas): ReadonlyMap<string, TypeVersion & { schema: JsonSchema }> {
  return new Map(
    Object.entries(schemas).flatMap(([source, types]) =>
      Object.entries(types).flatMap(([type, versions]) =>
        Object.entries(versions).map(([version, schema]) => [
          JSON.stringify([source, type, version]),
          { source, type, version: Number(version), schema },
        ]),
      ),
    ),
  )
}

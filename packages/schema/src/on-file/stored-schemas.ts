import { type AnyNamespace, type EventDefinition } from '@eventmill/core'
import { eventCodec } from '@eventmill/core/adapter'
import { versionsOf } from '../version.ts'
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts'

/**
 * What may be stored: for each namespace, type and version the JSON Schema of its payload. Plain JSON, to be kept in a
 * file.
 */
export interface StoredSchemas {
  readonly [source: string]: {
    readonly [type: string]: { readonly [version: string]: JsonSchema }
  }
}

/**
 * Writes out the schemas of namespaces as JSON Schema, every version of every type. They describe the JSON in the store,
 * which is what a codec reads. A type that was defined without zod takes any JSON.
 *
 * Throws `DEFINITION_INVALID` where two of the namespaces share a source.
 */
export function storedSchemas(namespaces: readonly AnyNamespace[]): StoredSchemas {
  // It refuses what is given twice.
  eventCodec(namespaces)
  return Object.fromEntries(
    namespaces.map(({ source, definitions }) => [
      source,
      Object.fromEntries(
        Object.entries<EventDefinition>(definitions as { [type: string]: EventDefinition }).map(
          ([type, definition]) => [type, versionsOnFile(definition)],
        ),
      ),
    ]),
  )
}

function versionsOnFile(definition: EventDefinition): { readonly [version: string]: JsonSchema } {
  const known = versionsOf(definition)
  const schemas =
    known === undefined
      ? Array.from({ length: definition.version }, () => WITHOUT_SCHEMA)
      : known.map(({ schema }) => jsonSchemaOf(schema))
  return Object.fromEntries(schemas.map((schema, index) => [index + 1, schema]))
}

const WITHOUT_SCHEMA: JsonSchema = { $comment: 'defined without a schema: any JSON' }

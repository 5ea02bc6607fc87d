import { defineEvents as define, type EventNamespace } from '@eventmill/core'
import { checkKeys, copyJson } from '@eventmill/core/adapter'
import type * as z from 'zod/v4/core'
import { assertSame, decoded, encoded } from './coding.ts'
import { assertStorable, inspect } from './storable.ts'
import { version, type Versioned, type VersionedDefinition } from './version.ts'

/** The schema of each type's payload, or its versions. */
export interface EventSchemas {
  readonly [type: string]: z.$ZodType | Versioned
}

/** What a producer passes, and what a reader gets, for each type: zod's output. */
export type PayloadsOf<Schemas extends EventSchemas> = {
  [Type in keyof Schemas]: Schemas[Type] extends Versioned<infer Newest>
    ? z.output<Newest>
    : z.output<Schemas[Type]>
}

/** How the payloads of a namespace are read. */
export interface SchemaOptions {
  /**
   * Takes stored payloads of the newest version as they are, where decoding could only confirm what was validated
   * when they were written. Faster, and blind to what was written past the schema. Default false.
   */
  readonly trustStored?: boolean | undefined
}

/**
 * Defines the event types that a URI owns, each with a zod schema of its payload. Payloads are validated and
 * encoded before they are stored, so codecs (dates, big integers, …) round-trip; they are brought to their newest
 * version, decoded and validated when they are read.
 *
 * Throws `DEFINITION_INVALID` for what core's `defineEvents` refuses, and for a schema that cannot be encoded or
 * whose encoding is not JSON, with the path of the offending part.
 */
export function defineEvents<const Source extends string, Schemas extends EventSchemas>(
  source: Source,
  schemas: Schemas,
  options: SchemaOptions = {},
): EventNamespace<Source, PayloadsOf<Schemas>> {
  checkKeys(options, OPTIONS, 'options')
  const { trustStored = false } = options
  const definitions = Object.entries(schemas).map(([type, schema]) => {
    const versioned = isVersioned(schema) ? schema : version(schema)
    return [type, payloadDefinition(`${type} of ${source}`, versioned, trustStored)] as const
  })
  return define(source, Object.fromEntries(definitions) as never)
}

const OPTIONS = new Set(['trustStored'])

function isVersioned(schema: unknown): schema is Versioned {
  return typeof schema === 'object' && schema !== null && 'versions' in schema
}

function payloadDefinition(
  name: string,
  { schema, versions }: Versioned,
  trustStored: boolean,
): VersionedDefinition {
  versions.forEach((each, index) => {
    assertStorable(each.schema, `version ${index + 1} of ${name}`, 'data')
  })
  const newest = versions.length
  const { converts, vanishes, ambiguous } = inspect(schema)
  const trusted = trustStored && !converts

  const schemaOf = (version: number) => {
    const known = versions[version - 1]
    if (known !== undefined) return known.schema
    throw new RangeError(
      `version ${version} is unknown here, ${newest} is the newest: use the release that wrote it`,
    )
  }
  const upcast = (json: unknown, version: number) =>
    versions.slice(version).reduce((earlier, next) => next.upcast?.(earlier as never), json)

  const decode = (json: unknown, version: number) => {
    if (version === newest) return trusted ? json : decoded(schema, json)
    schemaOf(version)
    return decoded(schema, upcast(json, version))
  }
  return {
    version: newest,
    versions,
    encode: (data) => {
      const json = encoded(schema, data)
      if (vanishes || ambiguous) {
        // What is left out must not be missed by whoever reads it.
        const again = decoded(schema, copyJson(json, 'data'))
        if (ambiguous) assertSame(data, again, 'data')
      }
      return json
    },
    decode,
    check: (json, version) => {
      decoded(schemaOf(version), json)
      if (version !== newest) decode(json, version)
    },
  }
}

import {
  copyJson,
  defineEvents as define,
  type EventDefinition,
  eventmillError,
  type EventNamespace,
} from '@eventmill/core'
import { safeDecode, safeEncode, toDotPath } from 'zod/v4/core'
import type * as z from 'zod/v4/core'
import { inspect } from './storable.ts'
import { version, type Versioned } from './version.ts'

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
  { trustStored = false }: SchemaOptions = {},
): EventNamespace<Source, PayloadsOf<Schemas>> {
  const definitions = Object.entries(schemas).map(([type, schema]) => {
    const versioned = 'versions' in schema ? schema : version(schema)
    return [type, payloadDefinition(`${type} of ${source}`, versioned, trustStored)] as const
  })
  return define(source, Object.fromEntries(definitions) as never)
}

function payloadDefinition(
  name: string,
  { schema, versions }: Versioned,
  trustStored: boolean,
): EventDefinition {
  versions.forEach((each, index) => {
    assertStorable(each.schema, `version ${index + 1} of ${name}`)
  })
  const newest = versions.length
  const { converts, vanishes } = inspect(schema)
  const trusted = trustStored && !converts

  const schemaOf = (version: number) => {
    const known = versions[version - 1]
    if (known === undefined) throw new RangeError(`version ${version} is unknown: ${newest} is the newest`)
    return known.schema
  }
  const upcast = (json: unknown, version: number) =>
    versions.slice(version).reduce((earlier, next) => next.upcast?.(earlier as never), json)

  const decode = (json: unknown, version: number) => {
    if (version === newest) return trusted ? json : parsed(safeDecode(schema, json as never))
    schemaOf(version)
    return parsed(safeDecode(schema, upcast(json, version) as never))
  }
  return {
    version: newest,
    encode: (data) => {
      const json = parsed(safeEncode(schema, data))
      // What is left out must not be missed by whoever reads it.
      if (vanishes) parsed(safeDecode(schema, copyJson(json, 'data') as never))
      return json
    },
    decode,
    check: (json, version) => {
      parsed(safeDecode(schemaOf(version), json as never))
      if (version !== newest) decode(json, version)
    },
  }
}

function assertStorable(schema: z.$ZodType, name: string): void {
  const [obstacle] = inspect(schema).obstacles
  if (obstacle === undefined) return
  const message = `${name} cannot be stored: ${obstacle.path} ${obstacle.reason}`
  throw eventmillError('DEFINITION_INVALID', message, { definition: name })
}

function parsed<Output>(result: z.util.SafeParseResult<Output>): Output {
  if (result.success) return result.data
  throw new SchemaMismatch(result.error)
}

/** What a schema objects to, in one line. Core passes `issues` on. */
class SchemaMismatch extends Error {
  readonly issues: readonly z.$ZodIssue[]

  constructor(cause: z.$ZodError) {
    const { issues } = cause
    const lines = issues.map(({ path, message }) =>
      path.length === 0 ? message : `${toDotPath(path)}: ${message}`,
    )
    super(lines.join('; '), { cause })
    this.issues = issues
  }
}

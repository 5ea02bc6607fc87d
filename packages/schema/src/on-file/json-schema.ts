import { type Json } from '@eventmill/core'
import { equalJson } from '@eventmill/core/adapter'
import { registry, safeEncode, toJSONSchema } from 'zod/v4/core'
import type * as z from 'zod/v4/core'

/** A schema in JSON Schema, draft 2020-12. */
export interface JsonSchema {
  readonly [keyword: string]: Json | undefined
}

/**
 * The stored JSON that a schema reads, as JSON Schema: of a codec, its encoded side. What code checks or changes, JSON
 * Schema cannot express: a `$comment` counts it, so that it is seen to come and go. Titles, descriptions and other
 * metadata are left out, since they say nothing of what is stored.
 */
export function jsonSchemaOf(schema: z.$ZodType): JsonSchema {
  const written = toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    metadata: registry(),
    override: complete,
  })
  return JSON.parse(JSON.stringify(written)) as JsonSchema
}

/** Adds what zod leaves out. */
function complete({ zodSchema, jsonSchema }: Written): void {
  const { def } = zodSchema._zod
  const checks = checksInCode(def)
  if (checks > 0) jsonSchema.$comment = counted(checks + countIn(jsonSchema.$comment))
  switch (def.type) {
    case 'undefined':
      jsonSchema.not = {}
      return
    case 'literal':
      if (def.values.every((value) => value === undefined)) jsonSchema.not = {}
      return
    case 'default':
    case 'prefault': {
      // zod leaves out the default of a codec, since it is decoded. What is made anew each time is none to write down.
      const [value, again] = [defaultOf(def), defaultOf(def)]
      if (value === undefined || !equalJson(value, again)) delete jsonSchema.default
      else jsonSchema.default = value
      return
    }
    default:
  }
}

function defaultOf({ type, innerType, defaultValue }: z.$ZodDefaultDef | z.$ZodPrefaultDef): unknown {
  return type === 'default' ? safeEncode(innerType, defaultValue).data : defaultValue
}

type Written = Parameters<NonNullable<z.ToJSONSchemaParams['override']>>[0]

function checksInCode(def: z.$ZodTypes['_zod']['def']): number {
  const checks = (def.checks ?? []).filter(({ _zod }) => IN_CODE.has(_zod.def.check))
  return checks.length + (def.type === 'custom' ? 1 : 0)
}

const IN_CODE: ReadonlySet<string> = new Set(['custom', 'overwrite', 'property'])

function counted(checks: number): string {
  return `${checks} in code: what a check there refuses or changes is not told here`
}

/** The count in such a comment, which a wrapper has from what it wraps. */
function countIn(comment: string | undefined): number {
  return comment === undefined ? 0 : Number.parseInt(comment, 10)
}

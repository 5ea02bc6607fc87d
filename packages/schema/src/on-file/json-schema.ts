import { type Json } from '@eventmill/core'
import { equalJson } from '@eventmill/core/adapter'
import { registry, safeEncode, toJSONSchema } from 'zod/v4/core'
import type * as z from 'zod/v4/core'
import { inspect, isCodec } from '../storable.ts'

/** A schema in JSON Schema, draft 2020-12. */
export interface JsonSchema {
  readonly [keyword: string]: Json | undefined
}

/**
 * The stored JSON that a schema reads, as JSON Schema: of a codec, its encoded side. What code checks or changes, JSON
 * Schema cannot express: a `$comment` lists it, so that it is seen to come and go. Titles, descriptions and other
 * metadata are left out, since they say nothing of what is stored.
 */
export function jsonSchemaOf(schema: z.$ZodType): JsonSchema {
  return written(schema, new Set())
}

/** Within pipes whose outer side is being written: schemas may be recursive. */
function written(schema: z.$ZodType, pipes: ReadonlySet<z.$ZodType>): JsonSchema {
  const json = toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    metadata: registry(),
    override: (part) => {
      complete(part, pipes)
    },
  })
  return JSON.parse(JSON.stringify(json)) as JsonSchema
}

/** Adds what zod leaves out, and leaves out what does not matter to the store. */
function complete({ zodSchema, jsonSchema }: Written, pipes: ReadonlySet<z.$ZodType>): void {
  const { def } = zodSchema._zod
  const marks = [...marksIn(jsonSchema.$comment), ...marksOf(def)].sort()
  if (marks.length > 0) jsonSchema.$comment = `${BEYOND}${marks.join(', ')}`
  switch (def.type) {
    case 'undefined':
      jsonSchema.not = {}
      return
    case 'literal':
      if (def.values.every((value) => value === undefined)) jsonSchema.not = {}
      return
    case 'readonly':
      delete jsonSchema.readOnly
      return
    case 'pipe': {
      const out = pipes.has(zodSchema) ? undefined : outerSide(def, new Set([...pipes, zodSchema]))
      if (out !== undefined) jsonSchema.allOf = [...(jsonSchema.allOf ?? []), out]
      return
    }
    case 'default':
    case 'prefault': {
      // zod leaves out the default of a codec, since it is decoded. What is made anew each time is none to write down.
      const [value, again] = [defaultOf(def), defaultOf(def)]
      jsonSchema.default = equalJson(value, again) ? value : undefined
      return
    }
    default:
  }
}

function defaultOf({ type, innerType, defaultValue }: z.$ZodDefaultDef | z.$ZodPrefaultDef): unknown {
  return type === 'default' ? safeEncode(innerType, defaultValue).data : defaultValue
}

type Written = Parameters<NonNullable<z.ToJSONSchemaParams['override']>>[0]

/** What else a pipe demands of the stored JSON, where that gets there as it is. */
function outerSide(def: z.$ZodPipeDef, pipes: ReadonlySet<z.$ZodType>): z.JSONSchema.BaseSchema | undefined {
  if (isCodec(def) || inspect(def.in).converts) return undefined
  const { $schema: _, ...said } = written(def.out, pipes)
  // References would lead elsewhere from within another schema.
  return JSON.stringify(said).includes('"$ref"') ? undefined : said
}

/** What of a schema JSON Schema cannot express, in words. */
function marksOf(def: z.$ZodTypes['_zod']['def']): readonly string[] {
  const checks = (def.checks ?? []).map(({ _zod }) => _zod.def.check)
  const marks = checks.filter((check) => IN_CODE.has(check))
  if (def.type === 'custom') marks.push('custom')
  if (def.type === 'pipe') marks.push(isCodec(def) ? 'codec' : 'pipe')
  if (def.type === 'record' && def.mode === 'loose') marks.push('loose')
  if ('coerce' in def && def.coerce) marks.push('coerce')
  return marks
}

const IN_CODE: ReadonlySet<string> = new Set(['custom', 'overwrite', 'property'])

const BEYOND = 'beyond JSON Schema: '

/** The marks in such a comment, which a wrapper has from what it wraps. */
function marksIn(comment: string | undefined): readonly string[] {
  return comment === undefined ? [] : comment.slice(BEYOND.length).split(', ')
}

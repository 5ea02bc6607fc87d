import type * as z from 'zod/v4/core'

/** What stands in the way of storing a payload: where in it, and why. */
export interface Obstacle {
  /** Such as `data.lines[].price`. */
  readonly path: string
  readonly reason: string
}

/** What is known of a schema before any payload. */
export interface Inspection {
  readonly obstacles: readonly Obstacle[]
  /** Whether a stored payload and a decoded one may differ, as they do with a codec. */
  readonly converts: boolean
}

/**
 * Inspects whether payloads of a schema can be encoded, and whether their encoding is JSON. What only shows with
 * a payload at hand, as in `z.any()` or `z.custom()`, is left to the store.
 */
export function inspect(schema: z.$ZodType): Inspection {
  const walk: Walk = { obstacles: [], seen: new Map(), converts: false }
  visit(schema, { path: 'data', stored: true, optional: false }, walk)
  return walk
}

interface Walk {
  readonly obstacles: Obstacle[]
  /** Schemas may be recursive: each is visited once in each kind of place. */
  readonly seen: Map<z.$ZodType, Set<string>>
  converts: boolean
}

/** Where in a payload a schema stands. */
interface Place {
  readonly path: string
  /** False on the decoded side of a codec, which need not be JSON. */
  readonly stored: boolean
  /** Whether `undefined` may stand here: a property is left out then. */
  readonly optional: boolean
}

function visit(schema: z.$ZodType, place: Place, walk: Walk): void {
  const kind = `${place.stored} ${place.optional}`
  const kinds = walk.seen.get(schema) ?? new Set()
  if (kinds.has(kind)) return
  walk.seen.set(schema, kinds.add(kind))
  step((schema as z.$ZodTypes)._zod, place, walk)
}

function step({ def, ...internals }: z.$ZodTypes['_zod'], place: Place, walk: Walk): void {
  const inside = (schema: z.$ZodType, key = '', optional = place.optional) => {
    visit(schema, { path: place.path + key, stored: place.stored, optional }, walk)
  }
  const refuse = (reason: string) => {
    walk.obstacles.push({ path: place.path, reason })
  }
  switch (def.type) {
    case 'object':
      for (const [key, property] of Object.entries(def.shape)) inside(property, `.${key}`, true)
      if (def.catchall) inside(def.catchall, '.*', true)
      return
    case 'record':
      inside(def.keyType, '.*', false)
      inside(def.valueType, '.*', true)
      return
    case 'array':
      inside(def.element, '[]', false)
      return
    case 'tuple':
      def.items.forEach((item, index) => {
        inside(item, `[${index}]`, false)
      })
      if (def.rest) inside(def.rest, '[]', false)
      return
    case 'union':
      for (const option of def.options) inside(option)
      return
    case 'intersection':
      inside(def.left)
      inside(def.right)
      return
    case 'lazy':
      inside(def.getter())
      return
    case 'optional':
      if (place.stored && !place.optional) refuse('may be undefined where JSON has no way to leave it out')
      inside(def.innerType, '', true)
      return
    case 'nonoptional':
    case 'default':
    case 'prefault':
      inside(def.innerType, '', true)
      return
    case 'nullable':
    case 'catch':
    case 'readonly':
      inside(def.innerType)
      return
    case 'pipe':
      walk.converts = true
      inside(def.in)
      visit(def.out, { ...place, stored: false }, walk)
      return
    case 'transform':
    case 'success':
      refuse('is a one-way transform, so that nothing can be encoded: use z.codec() with both ways')
      return
    case 'undefined':
      if (place.stored && !place.optional) refuse(notJson('undefined'))
      return
    case 'literal':
      for (const value of def.values) {
        const carried = value === null || ['string', 'number', 'boolean'].includes(typeof value)
        if (place.stored && !carried && !(value === undefined && place.optional)) {
          refuse(notJson(String(value)))
        }
      }
      return
    case 'custom':
      if (place.stored && internals.bag.Class !== undefined) refuse(notJson('a class instance'))
      return
    case 'bigint':
    case 'date':
    case 'file':
    case 'function':
    case 'map':
    case 'nan':
    case 'promise':
    case 'set':
    case 'symbol':
    case 'void':
      if (place.stored) refuse(notJson(def.type))
      return
    case 'any':
    case 'boolean':
    case 'enum':
    case 'never':
    case 'null':
    case 'number':
    case 'string':
    case 'template_literal':
    case 'unknown':
      return
  }
}

function notJson(what: string): string {
  return `would be stored as ${what}, which JSON cannot carry: use z.codec() to encode it`
}

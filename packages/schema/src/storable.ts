import { eventmillError } from '@eventmill/core/adapter'
import type * as z from 'zod/v4/core'

/** What a schema is of, by which its paths begin. */
export type Root = 'data' | 'state'

/** Throws `DEFINITION_INVALID` where what a schema is of cannot be stored, with the path of the offending part. */
export function assertStorable(schema: z.$ZodType, name: string, root: Root): void {
  const refuse = (reason: string) =>
    eventmillError('DEFINITION_INVALID', `${name} ${reason}`, { definition: name })
  if (!isZod4(schema)) throw refuse('is no schema of zod 4: import { z } from zod 4')
  const [obstacle] = inspect(schema, root).obstacles
  if (obstacle !== undefined) throw refuse(`cannot be stored: ${obstacle.path} ${obstacle.reason}`)
}

function isZod4(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && '_zod' in schema
}

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
  /** Whether a payload may hold an `undefined` that its stored form leaves out, and that reading may miss. */
  readonly vanishes: boolean
  /** Whether an option of a union may be encoded such that it is read back as another. */
  readonly ambiguous: boolean
}

/**
 * Inspects whether payloads of a schema can be encoded, and whether their encoding is JSON. What only shows with
 * a payload at hand, as in `z.any()` or `z.custom()`, is left to the store.
 */
export function inspect(schema: z.$ZodType, root: Root = 'data'): Inspection {
  const walk: Walk = { obstacles: [], seen: new Map(), converts: false, vanishes: false, ambiguous: false }
  visit(schema, { path: root, stored: true, optional: false, depth: 0 }, walk)
  return walk
}

interface Walk {
  readonly obstacles: Obstacle[]
  /** Schemas may be recursive: each is visited once in each kind of place. */
  readonly seen: Map<object, Set<string>>
  converts: boolean
  vanishes: boolean
  ambiguous: boolean
}

/** Where in a payload a schema stands. */
interface Place {
  readonly path: string
  /** False on the decoded side of a codec, which need not be JSON. */
  readonly stored: boolean
  /** Whether `undefined` may stand here: a property is left out then. */
  readonly optional: boolean
  readonly depth: number
}

function visit(schema: z.$ZodType, place: Place, walk: Walk): void {
  const kind = `${place.stored} ${place.optional}`
  // A lazy schema may make a new inner one each time it is asked: its getter is what stays the same.
  const { def } = (schema as z.$ZodTypes)._zod
  const identity = def.type === 'lazy' ? def.getter : schema
  const kinds = walk.seen.get(identity) ?? new Set()
  if (kinds.has(kind)) return
  walk.seen.set(identity, kinds.add(kind))
  step((schema as z.$ZodTypes)._zod, place, walk)
}

function step({ def, ...internals }: z.$ZodTypes['_zod'], place: Place, walk: Walk): void {
  const inside = (schema: z.$ZodType, key = '', optional = place.optional) => {
    const { stored, depth } = place
    visit(schema, { path: place.path + key, stored, optional, depth: depth + 1 }, walk)
  }
  const refuse = (reason: string) => {
    walk.obstacles.push({ path: place.path, reason })
  }
  if (place.depth > MAX_DEPTH) {
    refuse(ENDLESS)
    return
  }
  if (mayChange(def)) walk.converts = true
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
      if ('discriminator' in def) {
        const { options, discriminator } = def as z.$ZodDiscriminatedUnionDef
        const untold = untoldOption(options, discriminator)
        if (untold === 'unreadable') refuse('has options that its discriminator does not tell apart')
        if (untold !== undefined) walk.ambiguous = true
      } else if (!def.options.every(isScalar)) walk.ambiguous = true
      for (const option of def.options) inside(option)
      return
    case 'intersection':
      if (collides(def.left, def.right) || collides(def.right, def.left)) refuse(COLLISION)
      inside(def.left)
      inside(def.right)
      return
    case 'lazy':
      inside(def.getter())
      return
    case 'optional':
      if (place.stored && !place.optional) refuse('may be undefined where JSON has no way to leave it out')
      if (fillsIn(def.innerType)) refuse(FILLED)
      inside(def.innerType, '', true)
      return
    case 'default':
    case 'prefault':
      if (def.type === 'prefault' && isOptional(def.innerType)) refuse(FILLED)
      walk.converts = true
      inside(def.innerType, '', true)
      return
    case 'nonoptional':
      inside(def.innerType, '', true)
      return
    case 'catch':
      walk.converts = true
      inside(def.innerType)
      return
    case 'nullable':
    case 'readonly':
      inside(def.innerType)
      return
    case 'pipe':
      if (isCodec(def)) walk.converts = true
      inside(def.in)
      visit(def.out, { ...place, stored: false, depth: place.depth + 1 }, walk)
      return
    case 'transform':
    case 'success':
      refuse('is a one-way transform, so that nothing can be encoded: use z.codec() with both ways')
      return
    case 'undefined':
      walk.vanishes = true
      if (place.stored && !place.optional) refuse(notJson('undefined'))
      return
    case 'literal':
      if (def.values.includes(undefined)) walk.vanishes = true
      for (const value of def.values) {
        const carried = value === null || ['string', 'number', 'boolean'].includes(typeof value)
        if (place.stored && !carried && !(value === undefined && place.optional)) {
          refuse(notJson(String(value)))
        }
      }
      return
    case 'custom':
      walk.vanishes = true
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
    case 'unknown':
      walk.vanishes = true
      return
    case 'boolean':
    case 'enum':
    case 'never':
    case 'null':
    case 'number':
    case 'string':
    case 'template_literal':
      return
  }
}

/** Whether a pipe makes something else of what it is given; without code, its sides alone may. */
export function isCodec(def: z.$ZodPipeDef): boolean {
  return def.transform !== undefined || def.reverseTransform !== undefined
}

/** Whether what is left out is read as something: there is then no way to store that it was left out. */
function fillsIn(schema: z.$ZodType): boolean {
  const { def } = (schema as z.$ZodTypes)._zod
  if (def.type === 'default' || def.type === 'prefault' || def.type === 'catch') return true
  return (def.type === 'nullable' || def.type === 'readonly') && fillsIn(def.innerType)
}

function isOptional(schema: z.$ZodType): boolean {
  const { def } = (schema as z.$ZodTypes)._zod
  if (def.type === 'optional') return true
  return (def.type === 'nullable' || def.type === 'readonly') && isOptional(def.innerType)
}

/**
 * Whether some option of a discriminated union is not told by a literal in it: where a codec tells it, zod looks for the
 * first option that fits, as in any union. `unreadable` where zod itself finds no way to tell.
 */
function untoldOption(
  options: readonly z.$ZodType[],
  discriminator: string,
): 'codec' | 'unreadable' | undefined {
  for (const option of options as readonly z.$ZodTypes[]) {
    try {
      if (option._zod.propValues?.[discriminator] === undefined) return 'unreadable'
    } catch {
      return 'unreadable'
    }
    const { def } = option._zod
    if (def.type === 'union') {
      // Whatever it tells its options apart by itself: this discriminator leads to them as well.
      const untold = untoldOption(def.options, discriminator)
      if (untold !== undefined) return untold
    } else if (def.type !== 'object' || !isTag(def.shape[discriminator])) return 'codec'
  }
  return undefined
}

function isTag(schema: z.$ZodType | undefined): boolean {
  const type = (schema as z.$ZodTypes | undefined)?._zod.def.type
  return type === 'literal' || type === 'enum' || type === 'null'
}

/** Whether one side of an intersection converts a property that the other passes on as it is. */
function collides(side: z.$ZodType, other: z.$ZodType): boolean {
  const { def } = (other as z.$ZodTypes)._zod
  const passesOn = def.type === 'record' || (def.type === 'object' && passesUnknown(def.catchall))
  return passesOn && inspect(side).converts
}

function passesUnknown(catchall: z.$ZodType | undefined): boolean {
  return catchall !== undefined && (catchall as z.$ZodTypes)._zod.def.type !== 'never'
}

/** Whether values of a schema are stored as they are, and are nothing but themselves. */
function isScalar(schema: z.$ZodType): boolean {
  const { def } = (schema as z.$ZodTypes)._zod
  if (def.type === 'nullable' || def.type === 'optional') return isScalar(def.innerType)
  return SCALARS.has(def.type) && !mayChange(def)
}

const SCALARS = new Set([
  'boolean',
  'enum',
  'literal',
  'never',
  'null',
  'number',
  'string',
  'template_literal',
  'undefined',
])

/** Coercion, normalisation, and checks that overwrite, may read something else than what was written. */
function mayChange(
  def: z.$ZodTypeDef & { readonly coerce?: boolean | undefined; readonly normalize?: boolean | undefined },
): boolean {
  return (
    def.coerce === true ||
    def.normalize === true ||
    (def.checks ?? []).some(({ _zod }) => _zod.def.check === 'overwrite')
  )
}

/** Schemas are written by hand: one that is deeper than this makes its parts anew for ever. */
const MAX_DEPTH = 500
const FILLED =
  'may be left out, but what is left out is read as a default: drop the default, or what makes it optional (default last)'
const COLLISION =
  'is an intersection in which one side converts what the other passes on: use .extend(), or make neither of them loose'
const ENDLESS = 'nests without end: let its lazy parts return one and the same schema each time'

function notJson(what: string): string {
  return `would be stored as ${what}, which JSON cannot carry: use z.codec() to encode it`
}

import { type Json } from '@eventmill/core'
import { equalJson } from '@eventmill/core/adapter'
import { type JsonSchema } from './json-schema.ts'

/** Where one JSON Schema says something else than another. */
export interface SchemaDifference {
  /** The keywords that lead there, such as `properties.cents.type`; empty for the schema itself. */
  readonly path: string
  /** What it said before; absent where it said nothing. */
  readonly before?: Json | undefined
  /** What it says now; absent where it says nothing. */
  readonly after?: Json | undefined
}

/**
 * How one JSON Schema differs from another in what it says, not in how it is written: the order of keys does not
 * matter, nor that of what `required`, `enum`, `type`, `oneOf` and `allOf` list, nor where parts are put under `$defs`,
 * and by which name. The order of `anyOf` does: zod reads a payload as the first option that fits.
 */
export function schemaDifferences(before: JsonSchema, after: JsonSchema): readonly SchemaDifference[] {
  return [...differences(before, after, '', { before, after, compared: new Map() })]
}

interface Comparison {
  /** The roots, in which references are looked up. */
  readonly before: JsonSchema
  readonly after: JsonSchema
  /** Schemas may be recursive: two parts of them are compared once, and until then taken for equal. */
  readonly compared: Map<unknown, Set<unknown>>
}

/** Made one by one, so that whoever only asks whether there is any need not wait for the others. */
type Differences = Generator<SchemaDifference, void>

function* differences(before: Json, after: Json, path: string, comparison: Comparison): Differences {
  if (!isObject(before) || !isObject(after)) {
    yield* valueDifference(before, after, path)
    return
  }
  const others = comparison.compared.get(before) ?? new Set()
  if (others.has(after)) return
  comparison.compared.set(before, others.add(after))

  const [old, now] = [resolved(before, comparison.before), resolved(after, comparison.after)]
  for (const keyword of keysOf(old, now)) {
    const below = path === '' ? keyword : `${path}.${keyword}`
    yield* keywordDifferences(keyword, own(old, keyword), own(now, keyword), below, comparison)
  }
}

function* keywordDifferences(
  keyword: string,
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  comparison: Comparison,
): Differences {
  if (SETS.has(keyword)) {
    if (!sameMembers(listOf(before), listOf(after))) yield { path, before, after }
  } else if (before === undefined || after === undefined) {
    yield { path, before, after }
  } else if (NAMED_SCHEMAS.has(keyword) && isObject(before) && isObject(after)) {
    for (const name of keysOf(before, after)) {
      yield* partDifferences(own(before, name), own(after, name), `${path}.${name}`, comparison)
    }
  } else if (LISTED_SCHEMAS.has(keyword) && Array.isArray(before) && Array.isArray(after)) {
    const unordered = UNORDERED.has(keyword)
    const pairs = unordered ? paired(before, after, comparison) : zipped(before, after)
    for (const [index, [old, now]] of pairs.entries()) {
      yield* partDifferences(old, now, `${path}[${unordered ? '' : index}]`, comparison)
    }
  } else if (SCHEMAS.has(keyword)) {
    yield* differences(before, after, path, comparison)
  } else {
    yield* valueDifference(before, after, path)
  }
}

function* partDifferences(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  comparison: Comparison,
): Differences {
  if (before === undefined || after === undefined) yield { path, before, after }
  else yield* differences(before, after, path, comparison)
}

function* valueDifference(before: Json, after: Json, path: string): Differences {
  if (!equalJson(before, after)) yield { path, before, after }
}

/** A schema with what it refers to put in its place. */
function resolved(schema: JsonSchema, root: JsonSchema, seen = new Set<string>()): JsonSchema {
  const { $ref, $defs: _, ...said } = schema
  if (typeof $ref !== 'string' || seen.has($ref)) return said
  const target = targetOf($ref, root)
  // What cannot be found is compared as it is written.
  if (!isObject(target)) return { $ref, ...said }
  const { $schema: __, ...there } = resolved(target, root, seen.add($ref))
  return { ...there, ...said }
}

/** Where a JSON pointer leads within a schema: RFC 6901, as the fragment of a URI. */
function targetOf($ref: string, root: JsonSchema): Json | undefined {
  if (!$ref.startsWith('#')) return undefined
  return $ref
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<Json | undefined>((place, step) => (isObject(place) ? own(place, step) : undefined), root)
}

/** Parts that are equal beside each other, and after them what is left, in its order. */
function paired(before: readonly Json[], after: readonly Json[], comparison: Comparison): Pairs {
  const left = [...after]
  const matched: [Json, Json][] = []
  const unmatched = before.filter((part) => {
    const index = left.findIndex((candidate) => areEqual(part, candidate, comparison))
    if (index < 0) return true
    matched.push(...left.splice(index, 1).map((found): [Json, Json] => [part, found]))
    return false
  })
  return [...matched, ...zipped(unmatched, left)]
}

type Pairs = readonly (readonly [Json | undefined, Json | undefined])[]

function zipped(before: readonly Json[], after: readonly Json[]): Pairs {
  const length = Math.max(before.length, after.length)
  return Array.from({ length }, (_, index) => [before[index], after[index]])
}

/** Whether two parts are equal; what is learnt on the way is forgotten, since they may not be. */
function areEqual(before: Json, after: Json, comparison: Comparison): boolean {
  const compared = new Map([...comparison.compared].map(([part, others]) => [part, new Set(others)]))
  return differences(before, after, '', { ...comparison, compared }).next().done === true
}

/** In which the values stand in any order. */
const SETS: ReadonlySet<string> = new Set(['required', 'enum', 'type'])
/** Whose values are schemas by name. */
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas'])
/** Whose values are lists of schemas, the first two in any order. */
const LISTED_SCHEMAS: ReadonlySet<string> = new Set(['oneOf', 'allOf', 'anyOf', 'prefixItems'])
const UNORDERED: ReadonlySet<string> = new Set(['oneOf', 'allOf'])
/** Whose value is a schema. */
const SCHEMAS: ReadonlySet<string> = new Set([
  'additionalProperties',
  'propertyNames',
  'items',
  'contains',
  'not',
  'if',
  'then',
  'else',
])

function sameMembers(before: readonly Json[], after: readonly Json[]): boolean {
  const isIn = (values: readonly Json[]) => (value: Json) => values.some((one) => equalJson(one, value))
  return before.length === after.length && before.every(isIn(after)) && after.every(isIn(before))
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return []
  return isList(value) ? value : [value]
}

function keysOf(before: object, after: object): ReadonlySet<string> {
  return new Set([...Object.keys(before), ...Object.keys(after)])
}

function own(object: JsonSchema, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function isObject(value: Json | undefined): value is JsonSchema {
  return typeof value === 'object' && value !== null && !isList(value)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

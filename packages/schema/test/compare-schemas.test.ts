import { describe, expect, test } from '@jest/globals'
import {
  compareSchemas,
  defineEvents,
  type EventSchemas,
  type JsonSchema,
  type SchemaComparison,
  storedSchemas,
  version,
} from '@eventmill/schema'
import fc from 'fast-check'
import * as z from 'zod'
import { isoDate } from './fixtures/codecs.ts'

const source = 'https://example.com/account'

/** What becomes of schemas that are edited so. */
function edit(before: EventSchemas, after: EventSchemas): SchemaComparison {
  return compareSchemas(
    storedSchemas([defineEvents(source, before)]),
    storedSchemas([defineEvents(source, after)]),
  )
}

/** What becomes of one schema that is edited so. */
function editSchema(before: z.ZodType, after: z.ZodType): SchemaComparison {
  return edit({ Made: before }, { Made: after })
}

function compareJson(before: JsonSchema, after: JsonSchema): SchemaComparison {
  return compareSchemas({ [source]: { Made: { 1: before } } }, { [source]: { Made: { 1: after } } })
}

const unchanged: SchemaComparison = { breaking: [], added: [] }
const opened = () => z.object({ limit: z.number() })

describe('breaking is', () => {
  test('a value in the place of one that was there twice', () => {
    const { breaking } = compareJson({ enum: ['a', 'a'] }, { enum: ['a', 'b'] })
    expect(breaking).toHaveLength(1)
  })

  test.each<[JsonSchema, JsonSchema, string]>([
    [{ items: false }, { items: {} }, 'items'],
    [{ items: false }, { items: true }, 'items'],
    [{ properties: { a: null } }, { properties: { a: {} } }, 'properties.a'],
    [{ $ref: '#/$defs/gone' }, { $ref: '#/$defs/lost' }, '$ref'],
    [
      { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'string' } } },
      { $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'null' } } },
      'type',
    ],
    [
      { $ref: '#/$defs/a~01', $defs: { 'a~1': { type: 'string' } } },
      { $ref: '#/$defs/a~01', $defs: { 'a~1': { type: 'null' } } },
      'type',
    ],
    [{ default: { enum: [1, 2] } }, { default: { enum: [2, 1] } }, 'default'],
  ])('%j that becomes %j, at %s', (before, after, path) => {
    expect(compareJson(before, after).breaking.flatMap(({ differences }) => differences)).toEqual([
      expect.objectContaining({ path }),
    ])
  })

  test('a field that is added', () => {
    expect(edit({ Opened: opened() }, { Opened: opened().extend({ by: z.string() }) })).toEqual({
      breaking: [
        {
          source,
          type: 'Opened',
          version: 1,
          kind: 'changed',
          differences: [
            { path: 'properties.by', after: { type: 'string' } },
            { path: 'required', before: ['limit'], after: ['limit', 'by'] },
          ],
        },
      ],
      added: [],
    })
  })

  const base = z.object({ cents: z.int(), kind: z.enum(['debit', 'credit']) })
  test.each<[string, z.ZodType, z.ZodType, string[]]>([
    [
      'a field that is renamed',
      opened(),
      z.object({ cap: z.number() }),
      ['properties.limit', 'properties.cap', 'required'],
    ],
    ['a field that is removed', base, base.omit({ kind: true }), ['properties.kind', 'required']],
    ['a field made optional', base, base.partial({ kind: true }), ['required']],
    [
      'an enum that has grown',
      base,
      base.extend({ kind: z.enum(['debit', 'credit', 'loan']) }),
      ['properties.kind.enum'],
    ],
    ['an enum that has shrunk', base, base.extend({ kind: z.enum(['debit']) }), ['properties.kind.enum']],
    ['another type', opened(), z.object({ limit: z.string() }), ['properties.limit.type']],
    ['another bound', base, base.extend({ cents: z.int().min(5) }), ['properties.cents.minimum']],
    ['keys that are no longer let in', base, z.strictObject(base.shape), ['additionalProperties']],
    [
      'keys that are let in by now',
      z.strictObject(base.shape),
      z.looseObject(base.shape),
      ['additionalProperties'],
    ],
    [
      'a list in the place of its only item',
      z.object({ by: z.any().default('me') }),
      z.object({ by: z.any().default(['me']) }),
      ['properties.by.default'],
    ],
    [
      'another list as the default',
      z.object({ by: z.array(z.string()).default(['me']) }),
      z.object({ by: z.array(z.string()).default(['you']) }),
      ['properties.by.default'],
    ],
    [
      'another default',
      z.object({ by: z.string().default('me') }),
      z.object({ by: z.string().default('you') }),
      ['properties.by.default'],
    ],
    ['a check in code that comes', opened(), opened().refine(() => true), ['$comment']],
    ['a check in code that goes', opened().refine(() => true), opened(), ['$comment']],
    ['a pipe that comes', z.string(), z.string().pipe(z.email()), ['$comment', 'allOf']],
    [
      'another end of a pipe',
      z.string().pipe(z.string().max(5)),
      z.string().pipe(z.string().max(4)),
      ['allOf[].maxLength'],
    ],
    ['text that is read as a boolean', z.string(), z.stringbool(), ['$comment']],
    ['text that is read as a date', z.iso.datetime(), isoDate, ['$comment']],
    ['a codec in the place of what overwrites', z.string().trim(), z.stringbool(), ['$comment']],
    [
      'keys that are no longer passed on unread',
      z.looseRecord(z.string().min(2), z.int()),
      z.record(z.string().min(2), z.int()),
      ['$comment'],
    ],
    ['coercion that comes', z.number(), z.coerce.number(), ['$comment']],
    ['coercion that goes', z.coerce.number(), z.number(), ['$comment']],
    [
      'another option of a union',
      z.discriminatedUnion('of', [z.object({ of: z.literal('a') }), z.object({ of: z.literal('b') })]),
      z.discriminatedUnion('of', [z.object({ of: z.literal('b') }), z.object({ of: z.literal('c') })]),
      ['oneOf[].properties.of.const'],
    ],
    [
      'an option more',
      z.discriminatedUnion('of', [z.object({ of: z.literal('a') })]),
      z.discriminatedUnion('of', [z.object({ of: z.literal('b') }), z.object({ of: z.literal('a') })]),
      ['oneOf[]'],
    ],
    [
      'an option less',
      z.discriminatedUnion('of', [z.object({ of: z.literal('b') }), z.object({ of: z.literal('a') })]),
      z.discriminatedUnion('of', [z.object({ of: z.literal('a') })]),
      ['oneOf[]'],
    ],
    [
      'another order of a union whose first fitting option is taken',
      z.union([z.object({ a: z.string().optional() }), z.object({ b: z.string().optional() })]),
      z.union([z.object({ b: z.string().optional() }), z.object({ a: z.string().optional() })]),
      ['anyOf[0].properties.a', 'anyOf[0].properties.b', 'anyOf[1].properties.b', 'anyOf[1].properties.a'],
    ],
  ])('%s', (_, before, after, paths) => {
    const { breaking, added } = editSchema(before, after)
    expect(
      breaking.map(({ kind, differences }) => ({ kind, paths: differences.map(({ path }) => path) })),
    ).toEqual([{ kind: 'changed', paths: expect.arrayContaining(paths) }])
    expect(breaking[0]?.differences).toHaveLength(paths.length)
    expect(added).toEqual([])
  })

  test('a version that is changed without a step from it, even where the type is new otherwise', () => {
    const { breaking, added } = edit({ Opened: opened() }, { Opened: version(z.object({ cents: z.int() })) })
    expect(breaking).toEqual([expect.objectContaining({ kind: 'changed', type: 'Opened', version: 1 })])
    expect(added).toEqual([])
  })

  test('a version whose history was cut off', () => {
    const history = version(opened()).next(z.object({ cents: z.int() }), ({ limit }) => ({ cents: limit }))
    expect(edit({ Opened: history }, { Opened: z.object({ cents: z.int() }) }).breaking).toEqual([
      expect.objectContaining({ kind: 'changed', version: 1 }),
      { source, type: 'Opened', version: 2, kind: 'removed', differences: [] },
    ])
  })

  test('a type that is removed, also where it was renamed', () => {
    expect(edit({ Opened: opened() }, { Started: opened() })).toEqual({
      breaking: [{ source, type: 'Opened', version: 1, kind: 'removed', differences: [] }],
      added: [{ source, type: 'Started', version: 1 }],
    })
  })

  test('a namespace that is gone', () => {
    const before = storedSchemas([defineEvents(source, { Opened: opened(), Closed: z.object({}) })])
    expect(compareSchemas(before, {}).breaking.map(({ type, kind }) => `${type} ${kind}`)).toEqual([
      'Opened removed',
      'Closed removed',
    ])
  })
})

describe('safe is', () => {
  test('a version that is added with a step from the one before', () => {
    const after = version(opened()).next(z.object({ cents: z.int() }), ({ limit }) => ({
      cents: limit * 100,
    }))
    expect(edit({ Opened: opened() }, { Opened: after })).toEqual({
      breaking: [],
      added: [{ source, type: 'Opened', version: 2 }],
    })
  })

  test('no version without such a step: it cannot even be defined', () => {
    const history = version(opened()) as unknown as { next: (schema: z.ZodType) => unknown }
    expect(() => history.next(z.object({ cents: z.int() }))).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        message: 'version 2 has no step from the version before it: next(schema, (json) => …)',
      }),
    )
  })

  test('a new type, and a new namespace', () => {
    const before = storedSchemas([defineEvents(source, { Opened: opened() })])
    const after = storedSchemas([
      defineEvents('urn:x:door', { Closed: z.object({}) }),
      defineEvents(source, { Opened: opened(), Closed: z.object({}) }),
    ])
    expect(compareSchemas(before, after)).toEqual({
      breaking: [],
      added: [
        { source: 'urn:x:door', type: 'Closed', version: 1 },
        { source, type: 'Closed', version: 1 },
      ],
    })
  })
})

describe('unchanged is what is only written otherwise', () => {
  test.each<[string, z.ZodType, z.ZodType]>([
    [
      'properties in another order',
      z.object({ a: z.int(), b: z.null() }),
      z.object({ b: z.null(), a: z.int() }),
    ],
    ['an enum in another order', z.enum(['a', 'b', 'c']), z.enum(['c', 'a', 'b'])],
    ['literals in another order', z.literal([1, 'a', null]), z.literal(['a', null, 1])],
    ['null before or after', z.union([z.null(), z.string()]), z.string().nullable()],
    [
      'options that are told apart by a literal, in another order',
      z.discriminatedUnion('of', [
        z.object({ of: z.literal('a'), n: z.int() }),
        z.object({ of: z.literal('b'), b: z.boolean() }),
      ]),
      z.discriminatedUnion('of', [
        z.object({ of: z.literal('b'), b: z.boolean() }),
        z.object({ of: z.literal('a'), n: z.int() }),
      ]),
    ],
    ['patterns in another order', z.string().regex(/a/).regex(/b/), z.string().regex(/b/).regex(/a/)],
    ['a read-only one', z.object({ a: z.int() }), z.object({ a: z.int().readonly() }).readonly()],
    [
      'one of two that is read-only',
      z.union([z.string(), z.int()]),
      z.union([z.string().readonly(), z.int()]),
    ],
    [
      'a described one',
      z.object({ a: z.int() }),
      z.object({ a: z.int().describe('cents') }).meta({ id: 'A' }),
    ],
  ])('%s', (_, before, after) => {
    const wrapped = (schema: z.ZodType) => z.object({ it: z.array(schema) })
    expect(editSchema(wrapped(before), wrapped(after))).toEqual(unchanged)
  })

  const elsewhere = { $ref: 'door.json#/$defs/a' }
  test.each<[string, JsonSchema, JsonSchema]>([
    ['no required properties', { required: [] }, {}],
    ['a value that is listed twice', { enum: ['a', 'b', 'a'] }, { enum: ['a', 'b'] }],
    ['a reference that leads nowhere', { $ref: '#/$defs/gone' }, { $ref: '#/$defs/gone' }],
    [
      'a reference that leads elsewhere, whatever stands under its name here',
      { ...elsewhere, $defs: { a: { type: 'string' } } },
      { ...elsewhere, $defs: { a: { type: 'null' } } },
    ],
  ])('on file: %s', (_, before, after) => {
    expect(compareJson(before, after)).toEqual(unchanged)
  })

  const itself = (inner: JsonSchema) => inner
  const named = (inner: JsonSchema) => ({ a: inner })
  const listed = (inner: JsonSchema) => [inner]
  test.each<[string, (inner: JsonSchema) => JsonSchema[string]]>([
    ['additionalProperties', itself],
    ['propertyNames', itself],
    ['items', itself],
    ['contains', itself],
    ['not', itself],
    ['if', itself],
    ['then', itself],
    ['else', itself],
    ['properties', named],
    ['patternProperties', named],
    ['dependentSchemas', named],
    ['prefixItems', listed],
    ['anyOf', listed],
    ['oneOf', listed],
    ['allOf', listed],
  ])('within %s', (keyword, within) => {
    const of = (values: readonly number[]) => ({ [keyword]: within({ enum: values }) })
    expect(compareJson(of([1, 2]), of([2, 1]))).toEqual(unchanged)
  })

  interface Recursive {
    readonly a: z.ZodType
    readonly b: z.ZodType
  }
  const recursive = (): Recursive => {
    const a: z.ZodType = z.object({ b: z.lazy(() => b).optional(), n: z.int() })
    const b: z.ZodType = z.object({ a: z.lazy(() => a).optional(), s: z.string() })
    return { a, b }
  }

  test('recursive schemas that are cut at different places', () => {
    const [{ a, b }, other] = [recursive(), recursive()]
    const before = z.object({ first: a, second: b })
    const after = z.object({ second: other.b, first: other.a })
    const [onFile, today] = [before, after].map((schema) =>
      storedSchemas([defineEvents(source, { Made: schema })]),
    )
    // Otherwise this proves nothing.
    expect(today).not.toEqual(onFile)
    expect(editSchema(before, after)).toEqual(unchanged)
  })

  test('but not recursive schemas that differ somewhere in the cycle', () => {
    const { a } = recursive()
    const c: z.ZodType = z.object({ b: z.lazy(() => d).optional(), n: z.int() })
    const d: z.ZodType = z.object({ a: z.lazy(() => c).optional(), s: z.number() })
    const { breaking } = editSchema(z.object({ first: a }), z.object({ first: c }))
    expect(breaking[0]?.differences).toEqual([
      { path: 'properties.first.properties.b.properties.s.type', before: 'string', after: 'number' },
    ])
  })

  const name = fc.constantFrom('type', 'required', 'enum', 'a', 'b/c', 'd~e', '$ref')
  const leaf = fc.oneof(
    fc.constantFrom<JsonSchema>(
      { type: 'string' },
      { type: ['null', 'integer'] },
      { const: { b: 1, a: [1, 2] } },
    ),
    fc.uniqueArray(fc.constantFrom(1, 'a', null, 'b'), { minLength: 1 }).map((values) => ({ enum: values })),
    fc.constantFrom<JsonSchema>({ $ref: '#' }, { $ref: '#/$defs/b~1c' }),
  )
  const { schema: anySchema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.record({ type: fc.constant('array'), items: tie('schema') }),
      fc
        .tuple(fc.dictionary(name, tie('schema'), { maxKeys: 3 }), fc.uniqueArray(name, { maxLength: 3 }))
        .map(([properties, required]) => ({ type: 'object', properties, required })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((allOf) => ({ allOf })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    ),
  }))
  const root = fc
    .tuple(fc.dictionary(name, anySchema, { minKeys: 1, maxKeys: 3 }), anySchema)
    .map(([properties, b]): JsonSchema => ({ type: 'object', properties, $defs: { 'b/c': b } }))

  test('always, whatever the order of keys and of what stands in any order', () => {
    fc.assert(
      fc.property(root, fc.infiniteStream(fc.nat()), (schema, random) => {
        const shuffled = shuffledSchema(schema, () => Number(random.next().value)) as JsonSchema
        expect(compareJson(schema, shuffled)).toEqual(unchanged)
      }),
      { numRuns: 300 },
    )
  })

  test('never, where one part says something else', () => {
    fc.assert(
      fc.property(root, fc.nat(), (schema, index) => {
        const parts = partsOf(schema)
        const changed = structuredClone(schema)
        const part = partsOf(changed)[index % parts.length] as { [keyword: string]: unknown }
        part.maxLength = 12_345
        expect(compareJson(schema, changed).breaking).toHaveLength(1)
        expect(compareJson(changed, schema).breaking).toHaveLength(1)
      }),
      { numRuns: 300 },
    )
  })
})

const UNORDERED = new Set(['required', 'enum', 'oneOf', 'allOf', 'type'])

/** The same schema, with its keys and whatever else has no order in another order. */
function shuffledSchema(value: unknown, random: () => number, key = ''): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map((item) => shuffledSchema(item, random))
    return UNORDERED.has(key) ? shuffledList(items, random) : items
  }
  const entries = Object.entries(value).map(([name, part]: [string, unknown]) => [
    name,
    key === 'const' ? part : shuffledSchema(part, random, name),
  ])
  return Object.fromEntries(shuffledList(entries, random)) as unknown
}

function shuffledList<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}

/** The schemas in a schema that can be reached from its root, without what is under `$defs`. */
function partsOf(schema: JsonSchema): readonly JsonSchema[] {
  const { properties, items, oneOf, anyOf, allOf } = schema as { [keyword: string]: object | undefined }
  const below = [properties, oneOf, anyOf, allOf].flatMap(
    (parts) => Object.values(parts ?? {}) as JsonSchema[],
  )
  return [schema, ...[...below, ...(items ? [items as JsonSchema] : [])].flatMap(partsOf)]
}

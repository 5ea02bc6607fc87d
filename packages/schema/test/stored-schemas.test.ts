import { describe, expect, test } from '@jest/globals'
import { defineEvents as defineUnchecked, event } from '@eventmill/core'
import { eventCodec } from '@eventmill/core/adapter'
import { defineEvents, type JsonSchema, storedSchemas, version } from '@eventmill/schema'
import fc from 'fast-check'
import * as z from 'zod'
import { bigInteger, isoDate } from './fixtures/codecs.ts'

const source = 'https://example.com/account'

/** What is on file of one schema. */
function written(schema: z.ZodType): JsonSchema {
  const made = storedSchemas([defineEvents(source, { Made: schema })])[source]?.Made?.['1']
  const { $schema: dialect, ...said } = made ?? {}
  expect(dialect).toBe('https://json-schema.org/draft/2020-12/schema')
  return said
}

function writtenProperty(schema: z.ZodType) {
  return written(z.object({ it: schema })).properties as unknown
}

describe('storedSchemas', () => {
  test('holds every version of every type of every namespace, as plain JSON', () => {
    const accountEvents = defineEvents(source, {
      Opened: version(z.object({ limit: z.number() })).next(z.object({ cents: z.int() }), ({ limit }) => ({
        cents: limit * 100,
      })),
      Closed: z.object({}),
    })
    const doorEvents = defineEvents('urn:x:door', { Closed: z.object({ by: z.string() }) })
    const schemas = storedSchemas([accountEvents, doorEvents])
    expect(schemas).toEqual({
      [source]: {
        Opened: {
          1: expect.objectContaining({ properties: { limit: { type: 'number' } }, required: ['limit'] }),
          2: expect.objectContaining({ required: ['cents'] }),
        },
        Closed: { 1: expect.objectContaining({ type: 'object', properties: {} }) },
      },
      'urn:x:door': { Closed: { 1: expect.objectContaining({ required: ['by'] }) } },
    })
    expect(JSON.parse(JSON.stringify(schemas))).toEqual(schemas)
  })

  test('describes the JSON in the store, not what a codec makes of it', () => {
    expect(written(z.object({ at: isoDate, serial: bigInteger.optional() }))).toEqual({
      type: 'object',
      properties: {
        at: expect.objectContaining({ type: 'string', format: 'date-time' }),
        serial: { type: 'string', pattern: String.raw`^-?\d+$`, $comment: 'beyond JSON Schema: codec' },
      },
      required: ['at'],
    })
  })

  test('tells the default that is read where nothing is stored, in its stored form', () => {
    const schema = z.object({
      by: z.string().default('me'),
      serial: bigInteger.default(5n),
      former: bigInteger.prefault('4'),
    })
    const text = { type: 'string', pattern: String.raw`^-?\d+$`, $comment: 'beyond JSON Schema: codec' }
    expect(written(schema)).toEqual({
      type: 'object',
      properties: {
        by: { type: 'string', default: 'me' },
        serial: { ...text, default: '5' },
        former: { ...text, default: '4' },
      },
    })
  })

  test.each<[string, z.ZodType, string]>([
    ['a refinement', z.string().refine(() => true), 'custom'],
    ['several', z.number().refine(Boolean).refine(Boolean), 'custom, custom'],
    ['those within', z.string().refine(Boolean).optional().refine(Boolean).optional(), 'custom, custom'],
    ['what overwrites', z.string().trim(), 'overwrite'],
    ['what a property must be', z.string().check(z.property('length', z.int().min(1))), 'property'],
    ['a custom schema', z.custom<string>((value) => typeof value === 'string'), 'custom'],
    ['a codec', z.stringbool(), 'codec'],
    ['a codec that is checked', isoDate.refine(Boolean).optional(), 'codec, custom'],
    ['a pipe', z.string().pipe(z.email()), 'pipe'],
    ['a pipe behind a codec', isoDate.pipe(z.date()), 'codec, pipe'],
    ['coercion', z.coerce.number().refine(Boolean), 'coerce, custom'],
    ['keys that are passed on unread', z.looseRecord(z.string().min(2), z.int()), 'loose'],
  ])('lists %s, which JSON Schema cannot express', (_, schema, marks) => {
    expect(JSON.stringify(writtenProperty(schema))).toContain(`"$comment":"beyond JSON Schema: ${marks}"`)
  })

  test.each<[string, z.ZodType]>([
    ['checks that it can express', z.string().min(1).regex(/a/)],
    ['an integer', z.int().positive()],
  ])('lists no %s', (_, schema) => {
    expect(JSON.stringify(writtenProperty(schema))).not.toContain('$comment')
  })

  test.each<[string, z.ZodType]>([
    ['z.undefined()', z.undefined()],
    ['a literal of it', z.literal(undefined)],
  ])('allows nothing where only undefined may stand, as of %s', (_, schema) => {
    expect(writtenProperty(schema)).toEqual({ it: { not: {} } })
  })

  test('allows something where undefined is one of several', () => {
    expect(writtenProperty(z.literal(['x', undefined]))).toEqual({ it: { type: 'string', const: 'x' } })
  })

  test('leaves out titles, descriptions and ids', () => {
    const plain = z.object({ cents: z.int() })
    const told = z
      .object({ cents: z.int().meta({ id: 'Cents', description: 'in cents' }) })
      .meta({ title: 'Told' })
    expect(written(told)).toEqual(written(plain))
  })

  const pipe = { type: 'string', $comment: 'beyond JSON Schema: pipe' }
  const [short, full] = [z.string().max(5), z.string().min(1)]
  test.each<[string, z.ZodType, unknown]>([
    ['what a pipe demands', z.string().pipe(short), { ...pipe, allOf: [{ type: 'string', maxLength: 5 }] }],
    [
      'what each part of a longer one demands',
      z.string().pipe(short).pipe(full),
      {
        type: 'string',
        $comment: 'beyond JSON Schema: pipe, pipe',
        allOf: [
          { type: 'string', maxLength: 5 },
          { type: 'string', minLength: 1 },
        ],
      },
    ],
    [
      'what a pipe demands of what holds another',
      z.array(z.string().pipe(short)).pipe(z.array(z.string()).max(3)),
      {
        type: 'array',
        items: { ...pipe, allOf: [{ type: 'string', maxLength: 5 }] },
        $comment: 'beyond JSON Schema: pipe',
        allOf: [{ type: 'array', items: { type: 'string' }, maxItems: 3 }],
      },
    ],
    [
      'not what a pipe demands of what a codec has decoded',
      z.codec(z.string(), z.number(), { decode: Number, encode: String }).pipe(z.number().max(5)),
      { type: 'string', $comment: 'beyond JSON Schema: codec, pipe' },
    ],
  ])('tells %s', (_, schema, said) => {
    expect(writtenProperty(schema)).toEqual({ it: said })
  })

  test('holds a recursive pipe, of which it tells the inner side alone', () => {
    interface Tree {
      readonly kids: readonly Tree[]
    }
    const tree: z.ZodType<Tree, Tree> = z.lazy(() =>
      z.object({ kids: z.array(tree) }).pipe(z.object({ kids: z.array(tree).max(3) })),
    )
    expect(written(tree)).toEqual({
      type: 'object',
      properties: { kids: { type: 'array', items: { $ref: '#' } } },
      required: ['kids'],
      $comment: 'beyond JSON Schema: pipe',
    })
  })

  test('holds the versions of a type that was defined without schemas, open to any JSON', () => {
    const decode = (json: unknown) => json
    const doorEvents = defineUnchecked('urn:x:door', {
      Opened: event<{ by: string }>(),
      Closed: { version: 2, encode: decode, decode },
    })
    const any = { $comment: 'defined without a schema: any JSON' }
    expect(storedSchemas([doorEvents])).toEqual({
      'urn:x:door': { Opened: { 1: any }, Closed: { 1: any, 2: any } },
    })
  })

  test('refuses two namespaces of one source', () => {
    const twice = [1, 2].map(() => defineEvents(source, { Closed: z.object({}) }))
    expect(() => storedSchemas(twice)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })

  test('accepts whatever is stored, always', () => {
    const payload = fc.record(
      {
        at: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
        serial: fc.bigInt(),
        kind: fc.constantFrom('debit', 'credit'),
        line: fc.oneof(
          fc.record({ of: fc.constant('text'), text: fc.string() }),
          fc.record({ of: fc.constant('cents'), cents: fc.maxSafeInteger() }),
        ),
        tags: fc.dictionary(fc.string({ minLength: 1 }), fc.option(fc.boolean())),
      },
      { requiredKeys: ['at', 'line', 'kind'] },
    )
    const schema = z.object({
      at: isoDate,
      serial: bigInteger.optional(),
      kind: z.enum(['debit', 'credit']),
      line: z.discriminatedUnion('of', [
        z.object({ of: z.literal('text'), text: z.string() }),
        z.object({ of: z.literal('cents'), cents: z.int() }),
      ]),
      tags: z.record(z.string(), z.boolean().nullable()).optional(),
    })
    const codec = eventCodec([defineEvents(source, { Made: schema })])
    const onFile = z.fromJSONSchema(written(schema))
    fc.assert(
      fc.property(payload, (data) => {
        const json = codec.encode({ source, type: 'Made', version: 1, data }).data
        expect(onFile.safeParse(JSON.parse(JSON.stringify(json))).error).toBeUndefined()
      }),
    )
  })
})

test('a default that is made anew each time is not written down, and one that stays is', () => {
  const schemas = () =>
    storedSchemas([
      defineEvents('https://example.com/made', {
        Made: z.object({ at: z.number().default(() => Math.random()), of: z.string().default('clay') }),
      }),
    ])
  expect(schemas()).toEqual(schemas())
  expect(JSON.stringify(schemas())).toContain('"default":"clay"')
})

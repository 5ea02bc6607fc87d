import { describe, expect, test } from '@jest/globals'
import { hasCode } from '@eventmill/core'
import { defineEvents, version } from '@eventmill/schema'
import * as z from 'zod'
import * as mini from 'zod/mini'

const source = 'https://example.com/x'
const toText = { decode: String, encode: Number }
class Money {
  readonly cents = 1
}

describe('a schema is refused at definition, with the path of the offending part,', () => {
  test.each<[string, z.core.$ZodType, string]>([
    ['a one-way transform', z.object({ a: z.string().transform(Number) }), 'data.a is a one-way transform'],
    ['a preprocess', z.object({ a: z.preprocess(String, z.string()) }), 'data.a is a one-way transform'],
    [
      'a transform behind a codec',
      z.codec(z.number(), z.string().transform(Number), { decode: String, encode: Number }),
      'data is a one-way',
    ],
    ['a date', z.object({ at: z.date() }), 'data.at would be stored as date'],
    ['a coerced date', z.object({ at: z.coerce.date() }), 'data.at would be stored as date'],
    ['a bigint', z.array(z.object({ n: z.bigint() })), 'data[].n would be stored as bigint'],
    ['a bigint literal', z.object({ n: z.literal([1, 2n]) }), 'data.n would be stored as 2'],
    ['a map', z.object({ m: z.map(z.string(), z.string()) }), 'data.m would be stored as map'],
    ['a set', z.record(z.string(), z.set(z.string())), 'data.* would be stored as set'],
    ['NaN', z.tuple([z.string(), z.nan()]), 'data[1] would be stored as nan'],
    ['a symbol', z.object({ s: z.symbol() }), 'data.s would be stored as symbol'],
    ['a file', z.object({ f: z.file() }), 'data.f would be stored as file'],
    ['void', z.union([z.string(), z.void()]), 'data would be stored as void'],
    ['a class', z.object({ price: z.instanceof(Money) }), 'data.price would be stored as a class instance'],
    ['a promise', z.object({ p: z.promise(z.string()) }), 'data.p would be stored as promise'],
    ['undefined as payload', z.undefined(), 'data would be stored as undefined'],
    ['an optional payload', z.object({}).optional(), 'data may be undefined'],
    [
      'undefined in a list',
      z.object({ list: z.array(z.string().optional()) }),
      'data.list[] may be undefined',
    ],
    ['undefined in a tuple', z.tuple([z.string().optional()]), 'data[0] may be undefined'],
    ['undefined in a rest', z.tuple([z.string()], z.string().optional()), 'data[] may be undefined'],
    [
      'an undefined literal in a list',
      z.array(z.literal([undefined, 'a'])),
      'data[] would be stored as undefined',
    ],
    [
      'a date in a default',
      z.object({ at: z.date().default(new Date(0)) }),
      'data.at would be stored as date',
    ],
    ['a date in a catch', z.object({ at: z.date().catch(new Date(0)) }), 'data.at would be stored as date'],
    ['a date in an intersection', z.intersection(z.object({}), z.object({ at: z.date() })), 'data.at would'],
    [
      'a date on the left of an intersection',
      z.intersection(z.object({ at: z.date() }), z.object({})),
      'data.at would',
    ],
    ['a date in a rest', z.tuple([z.string()], z.date()), 'data[] would be stored as date'],
    ['a date in a catchall', z.object({}).catchall(z.date()), 'data.* would be stored as date'],
    [
      'a date that may be null',
      z.object({ at: z.date().nullable().readonly() }),
      'data.at would be stored as date',
    ],
    ['a date behind lazy', z.object({ at: z.lazy(() => z.date()) }), 'data.at would be stored as date'],
    [
      'a codec that stores a date',
      z.object({ at: z.codec(z.date(), z.string(), { decode: String, encode: (t) => new Date(t) }) }),
      'data.at would be stored as date',
    ],
    [
      'a default inside what is optional',
      z.object({ a: z.string().default('x').optional() }),
      'data.a may be left out',
    ],
    ['a default made partial', z.object({ a: z.int().default(1) }).partial(), 'data.a may be left out'],
    [
      'a default that may be null or missing',
      z.object({ a: z.string().default('x').nullish() }),
      'data.a may be',
    ],
    [
      'a prefault inside what is optional',
      z.object({ a: z.string().prefault('x').optional() }),
      'data.a may be left out',
    ],
    [
      'a default that is read-only inside what is optional',
      z.object({ a: z.string().default('x').readonly().optional() }),
      'data.a may be left out',
    ],
    [
      'a prefault around what is optional',
      z.object({ a: z.string().optional().prefault('x') }),
      'data.a may be',
    ],
    [
      'a prefault around what may be null or missing',
      z.object({ a: z.string().optional().nullable().prefault('x') }),
      'data.a may be left out',
    ],
    [
      'a prefault around what is optional and read-only',
      z.object({ a: z.string().optional().readonly().prefault('x') }),
      'data.a may be left out',
    ],
    [
      'a catch inside what is optional',
      z.object({ a: z.string().catch('x').optional() }),
      'data.a may be left out',
    ],
    [
      'options that a discriminator does not tell apart',
      z.discriminatedUnion('k', [
        z.union([z.object({ k: z.literal('x') }), z.object({ n: z.int() })]) as never,
        z.object({ k: z.literal('y') }),
      ]),
      'data has options that its discriminator does not tell apart',
    ],
    [
      'the same, in a discriminated union in another',
      z.discriminatedUnion('k', [
        z.discriminatedUnion('k', [
          z.union([z.object({ k: z.literal('x') }), z.object({ n: z.int() })]) as never,
          z.object({ k: z.literal('y') }),
        ]),
        z.object({ k: z.literal('z') }),
      ]),
      'data has options that its discriminator does not tell apart',
    ],
    [
      'options of a discriminated union in another, whose discriminator only some of them have',
      z.discriminatedUnion('k', [
        z.discriminatedUnion('other', [
          z.object({ k: z.literal('x'), other: z.literal('a') }),
          z.object({ other: z.literal('b') }),
        ]),
        z.object({ k: z.literal('y') }),
      ]),
      'data has options that its discriminator does not tell apart',
    ],
    [
      'an intersection that converts on one side and passes on at the other',
      z.intersection(
        z.object({ a: z.codec(z.string(), z.number(), { decode: Number, encode: String }) }),
        z.record(z.string(), z.unknown()),
      ),
      'data is an intersection in which one side converts',
    ],
    [
      'a loose intersection',
      z.object({
        both: z.intersection(
          z.looseObject({ b: z.string() }),
          z.looseObject({ a: z.codec(z.string(), z.number(), { decode: Number, encode: String }) }),
        ),
      }),
      'data.both is an intersection',
    ],
    ['a piped date', z.object({ at: z.date().pipe(z.date()) }), 'data.at would be stored as date'],
  ])('with %s', (_, schema, message) => {
    try {
      defineEvents(source, { Made: schema })
    } catch (error) {
      if (!hasCode(error, 'DEFINITION_INVALID')) throw error
      expect(error.message).toContain(`version 1 of Made of ${source} cannot be stored: ${message}`)
      return
    }
    throw new Error('nothing was refused')
  })

  test('also in an older version', () => {
    const Made = version(z.object({ at: z.date() })).next(z.object({ at: z.string() }), ({ at }) => ({
      at: String(at),
    }))
    expect(() => defineEvents(source, { Made })).toThrow('version 1 of Made')
  })

  test('also with zod/mini', () => {
    expect(() => defineEvents(source, { Made: mini.object({ at: mini.date() }) })).toThrow(
      'data.at would be stored',
    )
  })
})

describe('a schema is refused that', () => {
  test.each<[string, unknown]>([
    ['is of zod 3', { _def: { typeName: 'ZodObject' }, parse: () => ({}) }],
    ['is a function', () => z.object({})],
    ['is missing', undefined],
    ['is null', null],
  ])('%s', (_, schema) => {
    expect(() => defineEvents(source, { Made: schema as z.ZodType })).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        definition: 'version 1 of Made of https://example.com/x',
        message: expect.stringContaining('version 1 of Made of https://example.com/x is no schema of zod 4'),
      }),
    )
  })

  const endless = (): z.ZodType => z.object({ next: z.lazy(() => endless()) })
  const decoded = (): z.ZodType =>
    z.codec(
      z.string(),
      z.lazy(() => decoded()),
      toText as never,
    )
  test.each<[string, () => z.ZodType]>([
    ['', endless],
    [' behind a codec', decoded],
  ])('makes itself anew for ever%s', (_, made) => {
    expect(() => defineEvents(source, { Made: made() })).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        message: expect.stringContaining('nests without end'),
      }),
    )
  })

  test('forbids elsewhere what it allows in one place', () => {
    const text = z.string().optional()
    expect(() => defineEvents(source, { Made: z.object({ a: text, list: z.array(text) }) })).toThrow(
      'data.list[] may be undefined',
    )
  })
})

describe('a schema is accepted', () => {
  interface Tree {
    left?: Tree | undefined
  }
  const Tree: z.ZodType<Tree, Tree> = z.lazy(() => z.object({ left: Tree.optional() }))
  const node = (): z.ZodType => z.object({ kids: z.array(z.lazy(node)) })
  test.each<[string, z.core.$ZodType]>([
    [
      'of plain JSON',
      z.object({ a: z.string(), b: z.int().nullable(), c: z.array(z.boolean()), d: z.null() }),
    ],
    [
      'with optional properties',
      z.object({ a: z.string().optional(), b: z.undefined(), c: z.literal(['x', undefined]) }),
    ],
    ['with what is optional twice', z.object({ a: z.string().optional().optional() })],
    ['with optional values', z.record(z.string(), z.int().optional())],
    ['with optional properties of any name', z.object({}).catchall(z.string().optional())],
    ['with literals of every kind', z.literal(['x', 1, true, null])],
    [
      'with defaults',
      z.object({ a: z.string().default('x'), b: z.string().prefault('y'), c: z.number().catch(1) }),
    ],
    ['with a codec', z.object({ n: z.codec(z.number(), z.string(), toText), s: z.stringbool() })],
    [
      'with a codec in a list',
      z.array(z.codec(z.string(), z.date(), { decode: (t) => new Date(t), encode: String })),
    ],
    ['that is recursive', Tree],
    ['that is made anew each time', node()],
    ['with unknown parts', z.object({ a: z.any(), b: z.unknown(), c: z.custom<string>(), d: z.json() })],
    [
      'with text of all kinds',
      z.object({
        a: z.email(),
        b: z.templateLiteral(['x', z.int()]),
        c: z.enum(['a', 'b']),
        d: z.string().trim(),
      }),
    ],
    [
      'with an intersection of strict parts',
      z.intersection(z.object({ a: z.stringbool() }), z.object({ b: z.int() })),
    ],
    [
      'with an intersection of which one side converts, and the other takes nothing else',
      z.intersection(z.object({ a: z.stringbool() }), z.strictObject({ b: z.int() })),
    ],
    ['with what is optional in a default', z.object({ a: z.string().optional().default('x') })],
    ['with a required optional', z.array(z.string().optional().nonoptional())],
    ['with enumerated keys', z.record(z.enum(['a', 'b']), z.number())],
    ['with partial keys', z.partialRecord(z.enum(['a', 'b']), z.number())],
    ['of zod/mini', mini.object({ a: mini.string() })],
  ])('%s', (_, schema) => {
    expect(defineEvents(source, { Made: schema }).types).toEqual(['Made'])
  })
})

test('what core refuses in a namespace is refused here too', () => {
  expect(() => defineEvents('nowhere', {})).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  expect(() => defineEvents(source, { then: z.object({}) })).toThrow(
    expect.objectContaining({ code: 'DEFINITION_INVALID' }),
  )
})

import { describe, expect, test } from '@jest/globals'
import { hasCode } from '@eventmill/core'
import { eventCodec } from '@eventmill/core/adapter'
import { defineEvents } from '@eventmill/schema'
import fc from 'fast-check'
import * as z from 'zod'
import { bigInteger, isoDate } from './fixtures/codecs.ts'
import { differencePath } from '../src/difference-path.ts'

const source = 'https://example.com/x'
const renamed = (stored: string) =>
  z.codec(z.literal(stored), z.literal('price'), { decode: () => 'price' as const, encode: () => stored })
const date = new Date('2026-01-31T12:00:00.000Z')

/** What becomes of a payload that is encoded, carried as JSON, and decoded. */
function carried(schema: z.ZodType, data: unknown): unknown {
  const codec = eventCodec([defineEvents(source, { Made: z.object({ data: schema }) })])
  const event = { source, type: 'Made', version: 1, data: { data } }
  const json: unknown = JSON.parse(JSON.stringify(codec.encode(event).data))
  const place = {
    id: 'x',
    aggregateType: 'A',
    aggregateId: 'a',
    sequence: 1,
    position: 1,
    time: '',
    metadata: {},
  }
  return (codec.decode({ ...event, ...place, data: json }).data as { data: unknown }).data
}

describe('a payload with a union', () => {
  test.each<[string, z.ZodType, unknown]>([
    ['a date or a word', z.union([isoDate, z.literal('never')]), date],
    ['a word or a date', z.union([isoDate, z.literal('never')]), 'never'],
    ['a date or a big integer', z.union([isoDate, bigInteger]), 5n],
    ['a date or nothing', z.union([isoDate, z.null()]), null],
    ['text beside dates', z.union([z.string(), isoDate]), 'x'],
    [
      'objects told apart by a key',
      z.union([z.object({ at: isoDate }), z.object({ n: z.int() })]),
      { at: date },
    ],
    [
      'objects told apart by a tag',
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('at'), at: isoDate }),
        z.object({ kind: z.literal('text'), at: z.string() }),
      ]),
      { kind: 'text', at: date.toISOString() },
    ],
    ['an optional part', z.union([z.object({ n: z.int().optional() }), z.null()]), { n: undefined }],
    ['lists', z.union([z.array(isoDate), z.array(z.int())]), [date, date]],
    ['lazy parts', z.union([z.lazy(() => z.object({ at: isoDate })), z.string()]), { at: date }],
  ])('comes back as it was: %s', (_, schema, data) => {
    expect(differencePath(data, carried(schema, data), 'data')).toBeUndefined()
  })

  test.each<[string, z.ZodType, unknown, string]>([
    ['a date that reads as text', z.union([z.string(), isoDate]), date, 'data.data'],
    [
      'an object with a date that reads as one with text',
      z.union([z.object({ d: z.string() }), z.object({ d: isoDate })]),
      { d: date },
      'data.data.d',
    ],
    [
      'an object of which another option would keep nothing',
      z.union([z.object({ n: z.int().optional() }), z.object({ at: z.string() })]),
      { at: 'noon' },
      'data.data.at',
    ],
    [
      'a list of dates that reads as one of texts',
      z.union([z.array(z.string()), z.array(isoDate)]),
      [date],
      'data.data[0]',
    ],
    ['a lazy date', z.union([z.string(), z.lazy(() => isoDate)]), date, 'data.data'],
    [
      'an option that another precedes, since a codec tells them apart',
      z.discriminatedUnion('kind', [
        z.object({ kind: renamed('price/1'), amount: z.int() }),
        z.object({ kind: renamed('price/2'), amount: z.int(), currency: z.string() }),
      ]),
      { kind: 'price', amount: 5, currency: 'EUR' },
      'data.data.currency',
    ],
    [
      'the same, in a discriminated union in another',
      z.discriminatedUnion('kind', [
        z.discriminatedUnion('kind', [
          z.object({ kind: renamed('price/1'), amount: z.int() }),
          z.object({ kind: renamed('price/2'), amount: z.int(), currency: z.string() }),
        ]),
        z.object({ kind: z.literal('gift') }),
      ]),
      { kind: 'price', amount: 5, currency: 'EUR' },
      'data.data.currency',
    ],
    [
      'an address that is normalised',
      z.union([z.url({ normalize: true }), z.literal('none')]),
      'HTTP://EX.com',
      'data.data',
    ],
    ['text that reads as a date', z.union([isoDate, z.string()]), date.toISOString(), 'data.data'],
  ])('is refused instead of stored: %s', (_, schema, data, path) => {
    try {
      carried(schema, data)
    } catch (error) {
      if (!hasCode(error, 'EVENT_INVALID')) throw error
      expect(error.message).toContain(`${path} would be read back as something else`)
      expect(error.message).toContain('z.discriminatedUnion()')
      return
    }
    throw new Error('it was stored')
  })

  test('whatever its options are, comes back as it was or is refused', () => {
    const leaf = fc.constantFrom<z.ZodType>(
      z.string(),
      isoDate,
      bigInteger,
      z.number(),
      z.null(),
      z.literal('never'),
    )
    const option = fc.oneof(
      leaf,
      leaf.map((schema) => z.array(schema)),
      leaf.map((schema) => z.object({ a: schema })),
      fc.tuple(leaf, leaf).map(([a, b]) => z.object({ a: a.optional(), b: b.optional() })),
    )
    const schemas = fc.array(option, { minLength: 1, maxLength: 4 }).map((options) => z.union(options))
    const scalar = fc.constantFrom<unknown>('x', 'never', '5', date.toISOString(), date, 5n, 5, null)
    const payload = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 2 }),
      fc.record({ a: scalar, b: scalar }, { requiredKeys: [] }),
    )
    let stored = 0
    fc.assert(
      fc.property(schemas, payload, (schema, data) => {
        try {
          expect(differencePath(data, carried(schema, data), 'data')).toBeUndefined()
          stored += 1
        } catch (error) {
          if (!hasCode(error, 'EVENT_INVALID')) throw error
        }
      }),
      { numRuns: 500 },
    )
    expect(stored).toBeGreaterThan(20)
  })
})

describe('differencePath', () => {
  class Money {
    readonly cents: number
    constructor(cents: number) {
      this.cents = cents
    }
  }
  class Silent {
    readonly #cents: number
    constructor(cents: number) {
      this.#cents = cents
    }
    get cents(): number {
      return this.#cents
    }
  }
  class Moment extends Date {}
  const endless = () => {
    const made: { self?: object } = {}
    made.self = made
    return made
  }
  const url = (path: string) => new URL(path, 'https://example.com')
  const bare = Object.assign(Object.create(null) as object, { a: 1 })

  test.each<[unknown, unknown]>([
    [{ a: 1, b: undefined }, { a: 1 }],
    [
      [-0, NaN],
      [0, NaN],
    ],
    [bare, { a: 1 }],
    [new Date(5), new Date(5)],
    [new Map([['a', [1]]]), new Map([['a', [1]]])],
    [new Set([1, 2]), new Set([1, 2])],
    [url('/a'), url('/a')],
    [new Money(5), new Money(5)],
    [
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    ],
    [new Set(['b', 'a']), new Set(['a', 'b'])],
    [new Moment(5), new Date(5)],
    [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    [endless(), endless()],
  ])('finds none between %p and %p', (a, b) => {
    expect(differencePath(a, b, 'data')).toBeUndefined()
  })

  test.each<[unknown, unknown, string]>([
    [{ a: [{ b: 1 }] }, { a: [{ b: '1' }] }, 'data.a[0].b'],
    [{}, { a: 1 }, 'data.a'],
    [[1], [1, 2], 'data[1]'],
    [null, {}, 'data'],
    [{ 0: 1 }, [1], 'data'],
    [{ constructor: undefined }, { constructor: 1 }, 'data.constructor'],
    [new Date(5), new Date(6), 'data'],
    [new Map([['a', 1]]), new Map([['a', 2]]), 'data[a]'],
    [new Map([['a', undefined]]), new Map(), 'data[a]'],
    [new Set([1]), new Set([2]), 'data'],
    [new Silent(5), new Silent(5), 'data'],
    [Uint8Array.of(1), Uint8Array.of(2), 'data'],
    [new Date(5), new Moment(5), 'data'],
    [url('/a'), url('/b'), 'data'],
    [new Money(5), new Money(6), 'data.cents'],
    [new Money(5), { cents: 5 }, 'data'],
  ])('between %p and %p is %s', (a, b, path) => {
    expect(differencePath(a, b, 'data')).toBe(path)
  })
})

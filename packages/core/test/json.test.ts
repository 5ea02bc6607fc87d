import { describe, expect, test } from '@jest/globals'
import { hasCode } from '@eventmill/core'
import { copyJson, equalJson } from '@eventmill/core/adapter'
import fc from 'fast-check'
import { runInNewContext } from 'node:vm'

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))
const number = fc.double({ noDefaultInfinity: true, noNaN: true }).filter((value) => !Object.is(value, -0))
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    number,
    fc.integer(),
    text,
    fc.array(tie('json')),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '', 'toString')), tie('json')),
  ),
}))

describe('copyJson', () => {
  test('carries everything that JSON carries', () => {
    fc.assert(
      fc.property(json, (value) => {
        const copied = copyJson(value, '$')
        expect(copied).toEqual(value)
        expect(JSON.parse(JSON.stringify(copied))).toEqual(copied)
      }),
    )
  })

  test('shares nothing with its argument and cannot be changed', () => {
    const value = { list: [{ name: 'a' }], nested: { n: 1 } }
    const copied = copyJson(value, '$') as typeof value
    const [first] = value.list
    if (first) first.name = 'changed'
    expect(copied).toEqual({ list: [{ name: 'a' }], nested: { n: 1 } })
    expect(() => (copied.nested.n = 2)).toThrow(TypeError)
    expect(() => copied.list.push({ name: 'b' })).toThrow(TypeError)
    expect(() => Object.assign(copied.list[0] as object, { name: 'b' })).toThrow(TypeError)
  })

  test('keeps a property named __proto__ without touching any prototype', () => {
    const copied = copyJson(JSON.parse('{"__proto__": {"polluted": true}}'), '$') as object
    expect(JSON.stringify(copied)).toBe('{"__proto__":{"polluted":true}}')
    expect(Object.getPrototypeOf(copied)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  test('leaves out properties that are undefined and stores -0 as 0', () => {
    expect(Object.keys(copyJson({ a: undefined, b: 1 }, '$') as object)).toEqual(['b'])
    expect(Object.is(copyJson(-0, '$'), 0)).toBe(true)
    expect(Object.is((copyJson([-0], '$') as number[])[0], 0)).toBe(true)
  })

  test('accepts arrays and objects of another realm', () => {
    const foreign: unknown = runInNewContext('({ list: [{ a: 1 }] })')
    expect(copyJson(foreign, '$')).toEqual({ list: [{ a: 1 }] })
  })

  test('accepts the same object after an array that held it', () => {
    const shared = { n: 1 }
    expect(copyJson({ list: [shared], again: { list: [[shared]] } }, '$')).toEqual({
      list: [shared],
      again: { list: [[shared]] },
    })
    const list = [1]
    expect(copyJson({ list, again: list }, '$')).toEqual({ list, again: list })
  })

  test('accepts objects without a prototype', () => {
    expect(copyJson(Object.assign(Object.create(null) as object, { a: 1 }), '$')).toEqual({ a: 1 })
  })

  test('accepts 1,000 levels and refuses one more', () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown
    expect(JSON.stringify(copyJson(nested(1000), '$'))).toHaveLength(2000)
    expect(refusalOf(nested(1001))).toEqual({
      path: '$[0][0][0][0][0][0][0][0][0][0]',
      reason: 'nested deeper than 1000 levels',
    })
  })

  test('survives nesting that would overflow the stack', () => {
    const deep = JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)) as unknown
    expect(refusalOf(deep).reason).toBe('nested deeper than 1000 levels')
  })

  test('names the path at which an object contains itself', () => {
    const order: { lines: object[] } = { lines: [{}] }
    order.lines.push({ order })
    expect(refusalOf(order)).toEqual({ path: '$.lines[1].order', reason: 'a reference to what contains it' })
  })

  test('finds a cycle at once, however much stands beside it', () => {
    const wide: { list: object[]; self?: object } = {
      list: Array.from({ length: 20_000 }, (_, n) => ({ n })),
    }
    wide.self = wide
    expect(refusalOf(wide).path).toBe('$.self')
  })

  test('accepts the same object in two places', () => {
    const address = { city: 'Bern' }
    expect(copyJson([address, address], '$')).toEqual([address, address])
  })

  class Money {
    readonly cents = 1
  }
  class Purse {
    hasOwnProperty() {
      return true
    }
  }
  test.each<[string, unknown, string, string]>([
    ['undefined', undefined, '$', 'undefined'],
    ['undefined in an array', { list: [1, undefined] }, '$.list[1]', 'undefined'],
    // eslint-disable-next-line no-sparse-arrays -- the hole is the point
    ['a hole in an array', [1, , 2], '$[1]', 'undefined'],
    ['NaN', { n: NaN }, '$.n', 'NaN'],
    ['an infinity', [Infinity], '$[0]', 'Infinity'],
    ['the other infinity', [-Infinity], '$[0]', '-Infinity'],
    ['a bigint', { n: 1n }, '$.n', 'a bigint'],
    ['a function', { f: () => 1 }, '$.f', 'a function'],
    ['a symbol', { s: Symbol('s') }, '$.s', 'a symbol'],
    ['a symbol as a key', { a: { [Symbol('s')]: 1 } }, '$.a', 'an object with symbols for keys'],
    ['a date', { at: new Date(0) }, '$.at', 'an instance of Date'],
    ['a map', { m: new Map() }, '$.m', 'an instance of Map'],
    ['an instance of a class', { price: new Money() }, '$.price', 'an instance of Money'],
    [
      'an instance of a class without a name',
      new (class {
        readonly cents = 1
      })(),
      '$',
      'an instance of a class',
    ],
    ['an instance of a class that looks like Object', new Purse(), '$', 'an instance of Purse'],
    [
      'a prototype of its own',
      Object.create(Object.assign(Object.create(null) as object, { limit: 5 })),
      '$',
      'an instance of a class',
    ],
    ['bytes', { b: new Uint8Array(1) }, '$.b', 'an instance of Uint8Array'],
    ['a kind of array', new (class Row extends Array {})(), '$', 'an instance of Row'],
    [
      'a symbol as a key of an array',
      Object.assign([1], { [Symbol('s')]: 1 }),
      '$',
      'an array with named properties',
    ],
    ['a named property of an array', Object.assign([1], { extra: 1 }), '$', 'an array with named properties'],
    ['NUL in text', { a: 'x\0y' }, '$.a', 'text with NUL or a lone surrogate'],
    ['half a surrogate pair', { a: '\ud83d' }, '$.a', 'text with NUL or a lone surrogate'],
    ['the other half', { a: 'x\ude00' }, '$.a', 'text with NUL or a lone surrogate'],
    ['NUL in a key', { 'a b': { 'x\0': 1 } }, '$["a b"]["x\\u0000"]', 'a key with NUL or a lone surrogate'],
  ])('refuses %s with its path', (_, value, path, reason) => {
    expect(refusalOf(value)).toEqual({ path, reason })
  })

  test('carries the awkward but legal', () => {
    const awkward = {
      '': 0,
      emoji: '👩‍👩‍👧',
      big: 1e308,
      tiny: 5e-324,
      max: Number.MAX_SAFE_INTEGER,
      quote: `"'\\%\n`,
    }
    expect(copyJson(awkward, '$')).toEqual(awkward)
  })
})

describe('equalJson', () => {
  test('ignores the order of keys, and only that', () => {
    expect(equalJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true)
    expect(equalJson({ a: 1 }, { a: 1, b: 1 })).toBe(false)
    expect(equalJson({ a: 1 }, { b: 1 })).toBe(false)
    expect(equalJson({ toString: 1 }, { b: 1 })).toBe(false)
    expect(equalJson({ a: { b: 1 } }, { a: { b: 2 } })).toBe(false)
    expect(equalJson([1, 2], [2, 1])).toBe(false)
    expect(equalJson([1], [1, 2])).toBe(false)
    expect(equalJson([], {})).toBe(false)
    expect(equalJson(null, {})).toBe(false)
    expect(equalJson({}, null)).toBe(false)
    expect(equalJson('1', 1)).toBe(false)
  })

  test.each([0, '', true, null])(
    'tells %j from an object and from a list, neither of which has keys',
    (plain) => {
      for (const empty of [{}, []]) {
        expect(equalJson(plain, empty)).toBe(false)
        expect(equalJson(empty, plain)).toBe(false)
      }
    },
  )

  test('tells an array from an object of the same length', () => {
    expect(equalJson([], { length: 0 })).toBe(false)
    expect(equalJson({ length: 0 }, [])).toBe(false)
  })

  test('agrees with canonical text', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(equalJson(a, JSON.parse(JSON.stringify(a)))).toBe(true)
        expect(equalJson(a, b)).toBe(canonical(a) === canonical(b))
      }),
    )
  })
})

function refusalOf(value: unknown): { path: string; reason: string } {
  try {
    copyJson(value, '$')
  } catch (error) {
    if (!hasCode(error, 'VALUE_NOT_JSON')) throw error
    expect(error.message).toContain(error.path)
    return { path: error.path, reason: error.reason }
  }
  throw new Error('nothing was refused')
}

/** Text that is the same for equal values alone. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`
}

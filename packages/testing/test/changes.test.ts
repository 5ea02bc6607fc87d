import { describe, expect, test } from '@jest/globals'
import { changeLines } from '../src/changes.ts'

class Balance {
  readonly cents: number

  constructor(cents: number) {
    this.cents = cents
  }
}

class Hidden {
  readonly #cents: number

  constructor(cents: number) {
    this.#cents = cents
  }

  get cents(): number {
    return this.#cents
  }
}

describe('where two values differ', () => {
  test.each<[string, unknown, unknown, string]>([
    ['a number', 1, 2, '1 → 2'],
    ['a number that is none', NaN, 0, 'NaN → 0'],
    ['what is there', undefined, null, 'undefined → null'],
    ['a bigint', 5n, 5, '5n → 5'],
    ['a text', 'a', 'b', '"a" → "b"'],
    ['a date', new Date(0), new Date(1), 'Date 1970-01-01T00:00:00.000Z → Date 1970-01-01T00:00:00.001Z'],
    ['no date', { at: new Date(NaN) }, { at: 'x' }, 'at: Date that is none → "x"'],
    ['an error', new RangeError('a'), new RangeError('b'), 'RangeError: a → RangeError: b'],
    ['a field', { a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 3 }] } }, 'a.b[1].c: 2 → 3'],
    ['an odd field', { 'a-b': 1 }, {}, '["a-b"]: 1 → (none)'],
    ['a longer list', [1], [1, { x: 2 }], '[1]: (none) → {"x":2}'],
    ['a list', [1], { 0: 1 }, '[1] → {"0":1}'],
    ['a map', new Map([['DE1', 5]]), new Map([['DE1', 7]]), '["DE1"]: 5 → 7'],
    ['a map in an object', { by: new Map([[1, 5]]) }, { by: new Map() }, 'by[1]: 5 → (none)'],
    ['a set', { ids: new Set(['a']) }, { ids: new Set() }, 'ids has "a": true → (none)'],
    ['a map and an object', new Map([['a', 1]]), { a: 1 }, 'Map {"a" → 1} → {"a":1}'],
    ['an instance', new Balance(1), new Balance(2), 'cents: 1 → 2'],
    ['a function', { do: Math.max }, { do: Math.min }, 'do: [function max] → [function min]'],
    ['what hides its fields', new Hidden(1), new Hidden(1), 'Hidden {} → Hidden {} (another one)'],
  ])('is told of %s', (_, expected, actual, line) => {
    expect(changeLines(expected, actual)).toEqual([line])
  })

  const loop = (): object => {
    const value: { self?: unknown } = {}
    value.self = value
    return value
  }

  test.each<[string, unknown, unknown]>([
    ['fields in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['a field that is undefined', { a: undefined }, {}],
    ['dates', { at: new Date(5) }, { at: new Date(5) }],
    ['errors', new Error('a'), new Error('a')],
    [
      'maps in another order',
      new Map([
        [1, 2],
        [3, 4],
      ]),
      new Map([
        [3, 4],
        [1, 2],
      ]),
    ],
    ['sets', new Set([1n, 'a']), new Set(['a', 1n])],
    [
      'maps by objects',
      new Map([
        [{ a: 1 }, 2],
        [{ a: 1 }, 3],
      ]),
      new Map([
        [{ a: 1 }, 2],
        [{ a: 1 }, 3],
      ]),
    ],
    ['an instance and an object', new Balance(1), { cents: 1 }],
    ['what contains itself', loop(), loop()],
  ])('there is nothing to tell of %s', (_, expected, actual) => {
    expect(changeLines(expected, actual)).toEqual([])
  })

  test('large objects are cut, and texts are not', () => {
    const long = 'x'.repeat(200)
    const [line = ''] = changeLines({ a: { long } }, {})
    expect(line).toBe(`a: {"long":"${'x'.repeat(110)}… → (none)`)
    expect(changeLines(long, `${long}y`)).toEqual([`"${long}" → "${long}y"`])
  })
})

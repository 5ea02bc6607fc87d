import { describe, expect, test } from '@jest/globals'
import { difference } from '../src/difference.ts'
import { differences } from '../src/differences.ts'

describe('differences', () => {
  test.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1, b: undefined }, { a: 1 }, []],
    [
      { lines: [{ units: 1 }, { units: 99 }] },
      { lines: [{ units: 1 }, { units: 7 }] },
      ['lines[1].units: 99 → 7'],
    ],
    [[1, 2], [1], ['[1]: 2 → undefined']],
    [new Date(0), new Date(1), ['it: 1970-01-01T00:00:00.000Z → 1970-01-01T00:00:00.001Z']],
    [{ at: new Date(0) }, { at: 'then' }, ['at: 1970-01-01T00:00:00.000Z → "then"']],
    [new Set([1, 2]), new Set([2, 3]), ['has(1): true → undefined', 'has(3): undefined → true']],
    [new Map([['a', { n: 1n }]]), new Map([['a', { n: 2n }]]), ['get("a").n: 1n → 2n']],
    [new Map(), {}, ['it: map of 0 → {}']],
    [NaN, NaN, []],
    [null, undefined, ['it: null → undefined']],
    ['x'.repeat(200), '', [`it: "${'x'.repeat(79)}… → ""`]],
  ])('of %j and %j are told by their places', (expected, found, told) => {
    expect(differences(expected, found)).toEqual(told)
  })
})

describe('the difference of two lists of events', () => {
  const noted = (n: number, metadata?: { readonly [key: string]: unknown }) => ({
    source: 'urn:x:notes',
    type: 'Noted',
    version: 1,
    data: { n },
    ...(metadata && { metadata: metadata as never }),
  })
  const list = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => noted(from + index))

  test('folds what is the same', () => {
    const text = difference(list(0, 40), [...list(0, 20), noted(99), ...list(21, 40)])
    expect(text.split('\n')).toEqual([
      '    Noted {"n":0}',
      '    … 18 more that are the same',
      '    Noted {"n":19}',
      '  ~ Noted data.n: 20 → 99',
      '    Noted {"n":21}',
      '    … 17 more that are the same',
      '    Noted {"n":39}',
    ])
  })

  test('shows metadata that is another', () => {
    expect(difference([noted(1, { by: 'ada' })], [noted(1, { by: 'ben' })])).toBe(
      '  ~ Noted metadata.by: "ada" → "ben"',
    )
  })

  test('shows what is missing and what is too much', () => {
    expect(difference(list(0, 3), [noted(0), noted(2), noted(7)]).split('\n')).toEqual([
      '    Noted {"n":0}',
      '  - Noted {"n":1}',
      '    Noted {"n":2}',
      '  + Noted {"n":7}',
    ])
  })
})

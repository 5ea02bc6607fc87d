import { describe, expect, test } from '@jest/globals'
import { checkKeys, invalidArgument } from '@eventmill/core/adapter'

describe('the message for a wrong argument', () => {
  test.each<[unknown, string]>([
    [7, '7'],
    [NaN, 'NaN'],
    [false, 'false'],
    [undefined, 'undefined'],
    [null, 'null'],
    ['', '""'],
    ['x'.repeat(40), `"${'x'.repeat(40)}"`],
    ['é'.repeat(41), 'a string of 82 bytes'],
    [['secret'], 'an array'],
    [[], 'an empty list'],
    [{ password: 'secret' }, 'of type object'],
    [Object.create(null), 'of type object'],
    [() => 'secret', 'of type function'],
    [Symbol('secret'), 'of type symbol'],
  ])('describes %p as %s: it quotes neither what is long nor what is inside', (found, description) => {
    expect(invalidArgument('options.limit', 'an integer', found).message).toBe(
      `options.limit must be an integer, but it is ${description}`,
    )
  })

  test('leaves out what was found where that is of no help', () => {
    expect(invalidArgument('options.limit', 'absent')).toMatchObject({
      message: 'options.limit must be absent',
      argument: 'options.limit',
    })
  })

  test('names the options that there are, when one is unknown', () => {
    expect(() => {
      checkKeys({ limt: 1 }, new Set(['limit', 'signal']), 'options')
    }).toThrow('options.limt must be absent: it is not supported here (known: limit, signal)')
  })
})

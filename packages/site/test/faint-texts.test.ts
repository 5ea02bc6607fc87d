import { expect, test } from '@jest/globals'
import { contrast } from '../src/faint-texts.ts'

test('black on white has the most contrast that there is, and a colour on itself none', () => {
  expect(contrast('rgb(0, 0, 0)', ['rgb(255, 255, 255)'])).toBeCloseTo(21)
  expect(contrast('rgb(90, 90, 90)', ['rgb(90, 90, 90)'])).toBe(1)
})

test('the lightest grey that may be read on white is #767676', () => {
  expect(contrast('rgb(118, 118, 118)', ['rgb(255, 255, 255)'])).toBeGreaterThan(4.5)
  expect(contrast('rgb(119, 119, 119)', ['rgb(255, 255, 255)'])).toBeLessThan(4.5)
})

test('a colour that can be seen through shows what is behind it', () => {
  const behind = ['rgba(0, 0, 0, 0)', 'rgba(255, 255, 255, 0.5)', 'rgb(0, 0, 0)']
  const plain = contrast('rgb(255, 255, 255)', ['rgb(127.5, 127.5, 127.5)'])
  expect(contrast('rgb(255, 255, 255)', behind)).toBeCloseTo(plain)
  expect(contrast('rgba(0, 0, 0, 0)', [])).toBe(1)
})

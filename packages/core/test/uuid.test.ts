import { expect, test } from '@jest/globals'
import { uuidv7 } from '@eventmill/core/adapter'

const first = uuidv7(0)

test('an id has the form of RFC 9562, version 7', () => {
  const form = /^00000000-0000-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
  expect(Array.from({ length: 1000 }, () => uuidv7(0)).filter((id) => !form.test(id))).toEqual([])
})

test('the first id is as random as those after it', () => {
  expect(first).not.toBe('00000000-0000-7000-8000-000000000000')
})

test('an id begins with its time', () => {
  const time = Date.UTC(2026, 0, 31)
  expect(parseInt(uuidv7(time).replace('-', '').slice(0, 12), 16)).toBe(time)
})

test('ids of later milliseconds sort behind', () => {
  const times = Array.from({ length: 1000 }, (_, index) => 1_700_000_000_000 + index * 7)
  const ids = times.map(uuidv7)
  expect(ids.toSorted()).toEqual(ids)
})

test('no two of 20,000 ids of one millisecond are equal', () => {
  expect(new Set(Array.from({ length: 20_000 }, () => uuidv7(1)))).toHaveProperty('size', 20_000)
})

import { expect, test } from '@jest/globals'
import { isMet, missingOf, rowLines } from '../src/report/table.ts'
import { type Row } from '../src/workload.ts'

const words = (row: Row) => rowLines(row).map((line) => line.trim().split(/ {2,}/))

test('a rate is compared as eventmill to bare', () => {
  const row: Row = {
    name: 'append',
    unit: '/s',
    values: { bare: [1000, 1200], eventmill: [3000, 1000, 2000], slow: [110] },
    bar: { of: 'eventmill', ratio: 1.8 },
  }
  expect(words(row)).toEqual([
    ['append'],
    ['bare', '1,100/s', '1,000–1,200', '1.00'],
    ['eventmill', '2,000/s', '1,000–3,000', '1.82', '≥ 1.80', 'met'],
    ['slow', '110/s', '0.10'],
  ])
  expect(isMet({ ...row, bar: { of: 'eventmill', ratio: 1.9 } })).toBe(false)
})

test('what had better be small is compared as bare to eventmill', () => {
  const values = { bare: [100], eventmill: [200] }
  const row: Row = { name: 'disk', unit: 'B', values, bar: { of: 'eventmill', atMost: 199 } }
  expect(words(row).slice(1)).toEqual([
    ['bare', '100 B', '1.00'],
    ['eventmill', '200 B', '0.50', '≤ 199 B', 'MISSED'],
  ])
  expect(isMet({ ...row, bar: { of: 'eventmill', atMost: 200 } })).toBe(true)
  expect(isMet({ ...row, bar: { of: 'eventmill', atLeast: 201 } })).toBe(false)
})

test('who has failed is told with the reason, and is not among those who cannot do it', () => {
  const entrants = {
    contenders: ['bare', 'a', 'b, tuned', 'c'].map((name) => ({ name })),
    memoryContenders: [],
  }
  const row: Row = {
    name: 'append',
    unit: '/s',
    values: { bare: [1], a: [1] },
    failed: { 'b, tuned': 'no table' },
  }
  expect(missingOf(row, entrants)).toEqual(['c'])
  expect(rowLines(row, missingOf(row, entrants)).slice(-2)).toEqual([
    expect.stringMatching(/^ {2}b, tuned +failed: no table$/),
    expect.stringMatching(/^ {2}c +–$/),
  ])
})

test('without a baseline or a bar there is no ratio and no verdict', () => {
  const row: Row = { name: 'latency', unit: 'ms', values: { eventmill: [1.23] } }
  expect(words(row)).toEqual([['latency'], ['eventmill', '1.2 ms']])
  expect(isMet(row)).toBe(true)
})

import { expect, test } from '@jest/globals'
import { isMet, rowLine } from '../src/postgres/table.ts'
import { type Row } from '../src/postgres/workload.ts'

const words = (row: Row) => rowLine(row).split(/ {2,}/)

test('a rate is compared as store to bare', () => {
  const row: Row = {
    name: 'append',
    unit: '/s',
    store: [3000, 1000, 2000],
    bare: [1000, 1200],
    bar: { ratio: 1.8 },
  }
  expect(words(row)).toEqual([
    'append',
    '2,000/s (1,000–3,000)',
    '1,100/s (1,000–1,200)',
    '1.82',
    '≥ 1.80',
    'met',
  ])
  expect(isMet({ ...row, bar: { ratio: 1.9 } })).toBe(false)
})

test('what had better be small is compared as bare to store', () => {
  const row: Row = { name: 'disk', unit: 'B', store: [200], bare: [100], bar: { atMost: 199 } }
  expect(words(row)).toEqual(['disk', '200 B', '100 B', '0.50', '≤ 199 B', 'MISSED'])
  expect(isMet({ ...row, bar: { atMost: 200 } })).toBe(true)
})

test('without a baseline or a bar there is no ratio and no verdict', () => {
  expect(words({ name: 'latency', unit: 'ms', store: [1.23] })).toEqual(['latency', '1.2 ms'])
})

import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { documentsOf } from '../src/report/document.ts'
import { loadResults, type Results } from '../src/report/results.ts'
import { DOCS } from '../src/report/write-documents.ts'

const results: Results = {
  facts: ['2 cores', 'fsync = on'],
  rounds: 3,
  size: 1,
  contenders: [
    { name: 'bare', version: '1', notes: 'The driver.' },
    { name: 'eventmill', version: '2', notes: 'Defaults.' },
    { name: 'A<B>', version: '3', notes: 'Its defaults.' },
    { name: 'C', version: '4', notes: 'Its defaults.' },
    { name: 'C, tuned', version: '4', notes: 'Its best.' },
  ],
  memoryContenders: [{ name: 'eventmill', version: '2', notes: 'In a map.' }],
  measured: [
    {
      name: 'append-fresh',
      about: 'one event',
      date: '2026-01-31T12:00:00.000Z',
      commit: 'abc',
      rows: [
        {
          name: 'append, 1 in flight',
          unit: '/s',
          values: { bare: [100], eventmill: [200, 220, 240], 'A<B>': [50] },
          bar: { of: 'eventmill', ratio: 2.5, why: 'It promises more.' },
        },
        { name: 'latency', unit: 'ms', values: { bare: [1], eventmill: [3], 'A<B>': [2], 'C, tuned': [4] } },
        {
          name: 'commands',
          unit: '/s',
          values: { bare: [1] },
          bar: { of: 'eventmill', atLeast: 5 },
          failed: { eventmill: 'no table' },
        },
      ],
    },
  ],
}

describe('the page', () => {
  const page = documentsOf(results).get('benchmarks.md') ?? ''

  test('tells medians, ratios, and where it was measured', () => {
    expect(page).toContain('Measured on 2026-01-31')
    expect(page).toContain('- fsync = on')
    expect(page).toContain('|  | eventmill | 220/s | 200 to 240 | 2.20 |')
  })

  test('tells who takes part, on a server and in memory', () => {
    expect(page).toMatch(
      /## Contenders\n.*\*\*A<B>\*\* \(3\)\. Its defaults\..*## Contenders in memory\n.*In a map\./s,
    )
  })

  test('tells which library cannot do what', () => {
    expect(page.match(/\| C \| – \|/g)).toHaveLength(1)
  })

  test('tells who has failed, and then has reached no bar', () => {
    expect(page).toContain('| | eventmill | failed | | |')
    expect(page).toContain('| commands | ≥\u00a05/s |  | **missed** |')
  })

  test('tells which bars are missed, and why', () => {
    expect(page).toContain('| append, 1 in flight | ≥\u00a02.50 | 2.20 | **missed** |')
    expect(page).toContain('- append, 1 in flight: It promises more.')
  })

  test('tells where another library is better, and only there', () => {
    expect(page).toContain('- latency: A<B>, 2 ms to 3 ms')
    expect(page).not.toContain('- append, 1 in flight: A<B>')
  })
})

test('a chart has a bar for each contender, and its text is no markup', () => {
  const chart = documentsOf(results).get('benchmarks/append-1-in-flight.svg') ?? ''
  expect(chart.match(/<rect /g)).toHaveLength(3)
  expect(chart).toContain('A&lt;B&gt;')
  expect(chart).toContain('prefers-color-scheme:dark')
})

test('what is in docs is what the results that are kept say', async () => {
  const kept = await loadResults()
  if (kept === undefined) throw new Error('there are no results: npm run bench all peers save')
  for (const [path, text] of documentsOf(kept)) {
    expect(readFileSync(new URL(path, DOCS), 'utf8')).toBe(text)
  }
  expect(existsSync(new URL('benchmarks.md', DOCS))).toBe(true)
})

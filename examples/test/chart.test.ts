import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { drawChart } from '../src/git-history/chart.ts'
import { columnsOf } from '../src/git-history/visible.ts'

const NOW = new Date('2026-05-15T12:00:00Z')

/** The chart of the changes that each author made in each month. */
function chart(changes: {
  readonly [author: string]: { readonly [month: string]: number }
}): readonly string[] {
  const months = Object.entries(changes).map(
    ([author, months]) => [author, new Map(Object.entries(months))] as const,
  )
  return drawChart(new Map(months), NOW)
}

test('a chart has a line for each author, and for each month a block as high as its changes', () => {
  const drawn = chart({
    Ada: { '2025-10': 8, '2025-11': 16, '2026-01': 1, '2026-02': 3 },
    Ben: { '2026-04': 1_600, '2025-12': 200 },
  })
  expect(drawn).toEqual(['  Ben    ▁   █  1,800', '  Ada  ▁▁ ▁▁       28', '       2025-10 – 2026-04'])
})

test('a chart of one month shows this month once', () => {
  expect(chart({ Ada: { '2025-10': 8 } })).toEqual(['  Ada  █  8', '       2025-10'])
})

test('where there are more months than columns, several share one', () => {
  const changes = Object.fromEntries(
    Array.from({ length: 12 * 20 }, (_, month) => [
      `${2006 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`,
      month < 120 ? 1 : 2,
    ]),
  )
  expect(chart({ Ada: changes })).toEqual([
    `  Ada  ${'▄'.repeat(30)}${'█'.repeat(30)}  360`,
    `       2006-01${' '.repeat(46)}2025-12`,
    '       4 months in a block',
  ])
})

test('the authors after the fifth are drawn together', () => {
  const author = (changes: number) => ({ '2026-01': changes })
  const six = { A: author(9), B: author(8), C: author(7), D: author(6), E: author(5), F: author(4) }
  const names = (lines: readonly string[]) =>
    lines.map((line) => line.slice(0, -1).replace(/[▁-█]/u, '').trim())
  expect(names(chart(six)).slice(0, -1)).toEqual(['A', 'B', 'C', 'D', 'E', 'F'])
  expect(chart({ ...six, G: { '2025-12': 2 } }).slice(-2)).toEqual([
    '  2 others  ▂▄  6',
    '            2025-12 – 2026-01',
  ])
})

test('names are cut to a width, also wide ones, and what a terminal would obey is shown instead', () => {
  const drawn = chart({
    'the only contributor to this repository': { '2026-01': 4 },
    日本語の名前はここまで書かれている: { '2026-01': 3 },
    '\x1b[2J': { '2026-01': 2 },
    'a\u202eb\u2028': { '2026-01': 2 },
    '': { '2026-01': 1 },
  })
  expect(drawn).toEqual([
    '  the only contributor to…  █  4',
    '  日本語の名前はここまで…   ▆  3',
    "  '\\x1B[2J'                 ▄  2",
    "  'a\\u202Eb\\u2028'          ▄  2",
    "  ''                        ▂  1",
    '                            2026-01',
  ])
})

test('months that cannot be are counted, but not drawn', () => {
  const [absurd, valid] = [['', '0000-01', '1969-12', '2025-13', 'Januar 2', '2026-06', '9999-12'], '2026-05']
  expect(chart({ Ada: Object.fromEntries([...absurd, valid].map((month) => [month, 2])) })).toEqual([
    '  Ada  █  16',
    '       2026-05',
    '       not drawn, for their dates: 14',
  ])
  expect(chart({ Ada: { '': 3 } })).toEqual(['  Ada    3', '       not drawn, for their dates: 3'])
})

test('the month that has begun somewhere is one that can be', () => {
  const changes = new Map([['Ada', new Map([['2026-06', 1]])]])
  expect(drawChart(changes, new Date('2026-05-31T09:59:00Z'))).toContain(
    '       not drawn, for their dates: 1',
  )
  expect(drawChart(changes, new Date('2026-05-31T10:00:00Z'))).toContain('       2026-06')
})

test('where nothing has changed nothing is drawn', () => {
  expect(chart({})).toEqual([])
})

test('every chart fits into 80 columns, and its totals are those of the changes', () => {
  const month = fc.oneof(
    fc.string({ maxLength: 7 }),
    fc
      .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 1, max: 12 }))
      .map((parts) => parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-')),
    fc.integer({ min: 0, max: 11 }).map((index) => `20${10 + index}-0${1 + (index % 9)}`),
  )
  const counts = fc.array(fc.tuple(month, fc.integer({ min: 1, max: 1_000_000 })), {
    minLength: 1,
    maxLength: 30,
  })
  const name = fc.string({
    unit: fc.constantFrom('a', '\x1b', '\n', '日', '👩‍👩‍👧', '\u202e', 'é'),
    maxLength: 40,
  })
  const changes = fc.array(
    fc.tuple(
      name,
      counts.map((months) => new Map(months)),
    ),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(changes, (entries) => {
      const made = new Map(entries)
      const lines = drawChart(made, NOW)
      for (const line of lines) {
        expect(columnsOf(line)).toBeLessThanOrEqual(80)
        expect(line).not.toMatch(/[\p{Cc}\u202e]/u)
      }
      const totals = lines
        .slice(0, Math.min(6, made.size))
        .map((line) => / {2}([\d,]+)$/.exec(line)?.[1] ?? '')
      const all = [...made.values()].flatMap((months) => [...months.values()])
      expect(totals.reduce((sum, total) => sum + Number(total.replaceAll(',', '')), 0)).toBe(
        all.reduce((sum, count) => sum + count, 0),
      )
    }),
  )
})

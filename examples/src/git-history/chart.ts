import { type ChangesPerMonth } from './changes-per-month.ts'
import { number } from './number.ts'
import { columnsOf, fitted, visible } from './visible.ts'

/** What every terminal has. */
const WIDTH = 80
const WIDEST_NAME = 24
const MOST_AUTHORS = 5
const GAP = '  '

/**
 * A line for each of the most active authors, and one for all others together: a block for each month, or for several
 * where there are too many, all to one scale, and the number of all changes. Below are the first month and the last.
 * Months before 1970 and after `now` are mistakes: their changes count, but are not drawn.
 */
export function drawChart(changes: ChangesPerMonth, now = new Date()): readonly string[] {
  const rows = mostActive([...changes].map(([author, months]) => rowOf(author, months, lastMonth(now))))
  if (rows.length === 0) return []
  const nameWidth = Math.min(WIDEST_NAME, Math.max(...rows.map(({ name }) => columnsOf(name))))
  const totalWidth = Math.max(...rows.map(({ total }) => number(total).length))
  const axis = axisOf(rows, WIDTH - nameWidth - totalWidth - 3 * GAP.length)
  const highest = Math.max(...rows.flatMap((row) => columnsOn(axis, row)))
  const drawn = rows.map((row) => {
    const blocks = columnsOn(axis, row).map((count) => BLOCKS[Math.ceil((8 * count) / highest)])
    return [fitted(row.name, nameWidth), blocks.join(''), number(row.total).padStart(totalWidth)]
  })
  const below = legend(axis, rows).map((line) => [' '.repeat(nameWidth), line])
  return [...drawn, ...below].map((parts) => ['', ...parts].join(GAP))
}

/** By how many eighths a block is filled. */
const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Of one author, or of several. */
interface Row {
  readonly name: string
  readonly total: number
  /** How many of these changes each month has. The months are counted from January 1970. */
  readonly months: ReadonlyMap<number, number>
}

function rowOf(author: string, changes: ReadonlyMap<string, number>, last: number): Row {
  const months = new Map<number, number>()
  let total = 0
  for (const [text, count] of changes) {
    total += count
    const month = parseMonth(text)
    if (month !== undefined && month >= 0 && month <= last) months.set(month, count)
  }
  return { name: visible(author), total, months }
}

function mostActive(rows: readonly Row[]): readonly Row[] {
  const ranked = rows.toSorted((a, b) => b.total - a.total)
  // A single other one has the line to itself.
  if (ranked.length <= MOST_AUTHORS + 1) return ranked
  const others = ranked.slice(MOST_AUTHORS)
  const months = new Map<number, number>()
  for (const row of others) {
    for (const [month, count] of row.months) months.set(month, (months.get(month) ?? 0) + count)
  }
  const total = sum(others.map((row) => row.total))
  return [...ranked.slice(0, MOST_AUTHORS), { name: `${number(others.length)} others`, total, months }]
}

/** Which months the columns stand for, from left to right: none where there is nothing to draw. */
interface Axis {
  readonly first: number
  readonly last: number
  readonly monthsPerColumn: number
  readonly columns: number
}

function axisOf(rows: readonly Row[], width: number): Axis {
  const months = rows.flatMap((row) => [...row.months.keys()])
  if (months.length === 0) return { first: 0, last: 0, monthsPerColumn: 1, columns: 0 }
  const [first, last] = [Math.min(...months), Math.max(...months)]
  const length = last - first + 1
  const monthsPerColumn = Math.ceil(length / width)
  return { first, last, monthsPerColumn, columns: Math.ceil(length / monthsPerColumn) }
}

/** How many changes each column has. */
function columnsOn({ first, monthsPerColumn, columns }: Axis, { months }: Row): readonly number[] {
  const counts = Array.from({ length: columns }, () => 0)
  for (const [month, count] of months) {
    const column = Math.floor((month - first) / monthsPerColumn)
    counts[column] = (counts[column] ?? 0) + count
  }
  return counts
}

function legend({ first, last, monthsPerColumn, columns }: Axis, rows: readonly Row[]): readonly string[] {
  const lines = []
  if (columns > 0) {
    const [from, to] = [formatMonth(first), formatMonth(last)]
    const between = columns - from.length - to.length
    lines.push(first === last ? from : between > 0 ? from + ' '.repeat(between) + to : `${from} – ${to}`)
  }
  if (monthsPerColumn > 1) lines.push(`${monthsPerColumn} months in a block`)
  const counts = rows.flatMap(({ months }) => [...months.values()])
  const undrawn = sum(rows.map(({ total }) => total)) - sum(counts)
  if (undrawn > 0) lines.push(`not drawn, for their dates: ${number(undrawn)}`)
  return lines
}

/** What is this month already for those who are furthest ahead of UTC. */
function lastMonth(now: Date): number {
  const ahead = new Date(now.getTime() + 14 * 3_600_000)
  return (ahead.getUTCFullYear() - 1970) * 12 + ahead.getUTCMonth()
}

function parseMonth(text: string): number | undefined {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? []
  return year === undefined ? undefined : (Number(year) - 1970) * 12 + Number(month) - 1
}

function formatMonth(month: number): string {
  return `${1970 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

import { type Bar, type Row, type Unit } from './workload.ts'

export const LEGEND =
  'Medians, and in brackets the least and the most of all rounds. Ratio: of rates store to bare; of times and bytes\n' +
  'bare to store. So more is always better.'

export const HEADER = line('', 'store', 'bare', 'ratio', 'bar', '')

/** A measured row as a line of the table. */
export function rowLine(row: Row): string {
  const { name, unit, store, bare, bar } = row
  const ratio = ratioOf(row)
  return line(
    name,
    summary(store, unit),
    bare === undefined ? '' : summary(bare, unit),
    ratio === undefined ? '' : ratio.toFixed(2),
    bar === undefined ? '' : wanted(bar, unit),
    bar === undefined ? '' : isMet(row) ? 'met' : 'MISSED',
  )
}

/** Whether a row reaches its bar; one without a bar does. */
export function isMet(row: Row): boolean {
  const { bar, store } = row
  if (bar === undefined) return true
  if ('ratio' in bar) return (ratioOf(row) ?? 0) >= bar.ratio
  return 'atMost' in bar ? median(store) <= bar.atMost : median(store) >= bar.atLeast
}

function wanted(bar: Bar, unit: Unit): string {
  if ('ratio' in bar) return `≥ ${bar.ratio.toFixed(2)}`
  const space = unit === '/s' ? '' : ' '
  return 'atMost' in bar
    ? `≤ ${number(bar.atMost)}${space}${unit}`
    : `≥ ${number(bar.atLeast)}${space}${unit}`
}

function ratioOf({ unit, store, bare }: Row): number | undefined {
  if (bare === undefined) return undefined
  const ratio = median(store) / median(bare)
  return unit === '/s' ? ratio : 1 / ratio
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2
}

function summary(values: readonly number[], unit: Unit): string {
  const spread = values.length < 2 ? '' : ` (${number(Math.min(...values))}–${number(Math.max(...values))})`
  return `${number(median(values))}${unit === '/s' ? unit : ` ${unit}`}${spread}`
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

function line(
  name: string,
  store: string,
  bare: string,
  ratio: string,
  bar: string,
  verdict: string,
): string {
  return [name.padEnd(44), store.padStart(27), bare.padStart(27), ratio.padStart(6), bar.padStart(9), verdict]
    .join('  ')
    .trimEnd()
}

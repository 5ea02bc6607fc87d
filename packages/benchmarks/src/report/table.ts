import { type Bar, type Row, type Unit } from '../workload.ts'

/**
 * A measured row, a line for each contender: the median, the least and the most of all rounds, and its ratio to bare; and
 * one for each that has failed, and for each library that is not in it.
 */
export function rowLines(row: Row, missing: readonly string[] = []): readonly string[] {
  const { name, unit, values, bar, failed = {} } = row
  const lines = Object.entries(values).map(([contender, own]) => {
    const ratio = ratioOf(row, contender)
    const verdict = bar?.of === contender ? `${wanted(bar, unit)}  ${isMet(row) ? 'met' : 'MISSED'}` : ''
    return [
      `  ${contender.padEnd(24)}`,
      withUnit(median(own), unit).padStart(14),
      spread(own).padStart(20),
      (ratio === undefined ? '' : ratio.toFixed(2)).padStart(8),
      verdict,
    ]
      .join('  ')
      .trimEnd()
  })
  const failures = Object.entries(failed).map(
    ([contender, why]) => `  ${contender.padEnd(24)}  failed: ${why}`,
  )
  return [
    name,
    ...lines,
    ...failures,
    ...missing.map((library) => `  ${library.padEnd(24)}${'–'.padStart(16)}`),
  ]
}

/** The libraries that take part in a run, but cannot do what a row compares, or not in time. */
export function missingOf(
  { values, failed = {} }: Row,
  { contenders, memoryContenders }: Entrants,
): readonly string[] {
  const measured = Object.keys(values)
  if (!measured.some(isPeer)) return []
  const entrants = 'bare' in values ? contenders : memoryContenders
  const libraries = new Set(entrants.map(({ name }) => libraryOf(name)))
  for (const name of [...measured, ...Object.keys(failed)]) libraries.delete(libraryOf(name))
  return [...libraries]
}

export interface Entrants {
  readonly contenders: readonly { readonly name: string }[]
  readonly memoryContenders: readonly { readonly name: string }[]
}

/** Another library than eventmill. */
export function isPeer(contender: string): boolean {
  return contender !== 'bare' && libraryOf(contender) !== 'eventmill'
}

/** A contender may be a library with other settings, which come behind a comma. */
function libraryOf(contender: string): string {
  return contender.split(',')[0] ?? contender
}

/** Whether a row reaches its bar; one without a bar does. */
export function isMet(row: Row): boolean {
  const { bar, values } = row
  if (bar === undefined) return true
  if ('ratio' in bar) return (ratioOf(row, bar.of) ?? 0) >= bar.ratio
  const value = median(values[bar.of] ?? [])
  return 'atMost' in bar ? value <= bar.atMost : value >= bar.atLeast
}

/** How a contender compares to the baseline: more is better, whatever the unit. `undefined` where there is no baseline. */
export function ratioOf({ unit, values }: Row, contender: string): number | undefined {
  const { bare, [contender]: own } = values
  if (bare === undefined || own === undefined) return undefined
  const [best, least] = unit === '/s' ? [own, bare] : [bare, own]
  const ratio = median(best) / median(least)
  return Number.isFinite(ratio) ? ratio : undefined
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2
}

/** A value as people read it. */
export function withUnit(value: number, unit: Unit): string {
  return `${number(value)}${unit === '/s' || unit === '' ? unit : ` ${unit}`}`
}

/** What a bar asks for. */
export function wanted(bar: Bar, unit: Unit): string {
  if ('ratio' in bar) return `≥ ${bar.ratio.toFixed(2)}`
  return 'atMost' in bar ? `≤ ${withUnit(bar.atMost, unit)}` : `≥ ${withUnit(bar.atLeast, unit)}`
}

function spread(values: readonly number[]): string {
  return values.length < 2 ? '' : `${number(Math.min(...values))}–${number(Math.max(...values))}`
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

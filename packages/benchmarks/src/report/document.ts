import { type Row } from '../workload.ts'
import { chartOf } from './chart.ts'
import { type Entrant, type Measured, type Results } from './results.ts'
import { type Entrants, isMet, isPeer, median, missingOf, ratioOf, wanted, withUnit } from './table.ts'

/** Files, by their paths below `docs/`. */
export type Documents = ReadonlyMap<string, string>

/** What is told of results: a page, and its charts. */
export function documentsOf(results: Results): Documents {
  const rows = results.measured.flatMap((measured) => measured.rows)
  const charts = rows.filter(isComparison).map((row) => [chartFile(row), chartOf(row)] as const)
  return new Map([['benchmarks.md', page(results, rows)], ...charts])
}

function page(results: Results, rows: readonly Row[]): string {
  const { facts, rounds, size, contenders, memoryContenders, measured } = results
  const lines = [
    '# Benchmarks',
    '',
    `<!-- Written by \`npm run bench\` from packages/benchmarks/results/latest.json: change it there. -->`,
    '',
    `Measured in ${rounds} rounds after one to warm up${size === 1 ? '' : `, at ${size} of the full work`}, on:`,
    '',
    ...facts.map((fact) => `- ${fact}`),
    '',
    'Each contender has a database of its own on the same server, and they are measured by turns, round after round; where only one',
    'figure stands, or the work has a process of its own, one after the other. A figure is the median of the rounds, with the least and',
    'the most of them; a ratio is to `bare`, the driver alone, in the same run, and more is better whatever the unit. A library with –',
    'cannot do it, or not within half a minute. What has not reached a handler 10 s after the last event was sent is in no percentile.',
    'To repeat it:',
    '',
    '```sh',
    'npm run bench:install',
    'npm run bench all peers',
    '```',
    '',
    'Add `save` to write this page anew. `DATABASE_URL` names a server of yours. Correct something of another library in',
    '`packages/benchmarks/peers`: each has one file.',
    '',
    ...betterPeers(rows),
    '## Bars',
    '',
    'What eventmill is to reach:',
    '',
    '| | bar | reached | |',
    '|---|---|---|---|',
    ...rows.flatMap((row) => barLine(row)),
    '',
    ...rows.flatMap((row) =>
      row.bar?.why === undefined || isMet(row) ? [] : [`- ${row.name}: ${row.bar.why}`],
    ),
    '',
    ...measured.flatMap((one) => section(one, results)),
    ...entrants('Contenders', contenders),
    ...entrants('Contenders in memory', memoryContenders),
  ]
  return lines.join('\n')
}

function entrants(title: string, all: readonly Entrant[]): readonly string[] {
  return [
    `## ${title}`,
    '',
    ...all.flatMap(({ name, version, notes }) => [`**${name}** (${version}). ${notes}`, '']),
  ]
}

/** Where another library is better than eventmill. */
function betterPeers(rows: readonly Row[]): readonly string[] {
  const found = rows.flatMap((row) => {
    const all = Object.entries(row.values).map(([name, values]) => ({ name, value: median(values) }))
    const [own] = all.filter(({ name }) => name !== 'bare' && !isPeer(name)).sort(byMerit(row))
    const better = all.filter(({ name }) => isPeer(name)).sort(byMerit(row))
    return better
      .filter(({ value }) => own !== undefined && isBetter(row, value, own.value))
      .map(
        ({ name, value }) =>
          `- ${row.name}: ${name}, ${withUnit(value, row.unit)} to ${withUnit(own?.value ?? NaN, row.unit)}`,
      )
  })
  if (found.length === 0) return []
  return ['## Where another library is better', '', ...found, '']
}

/** The best one first. */
function byMerit(row: Row) {
  return (one: { readonly value: number }, other: { readonly value: number }) =>
    isBetter(row, one.value, other.value) ? -1 : 1
}

function isBetter({ unit }: Row, value: number, other: number): boolean {
  return unit === '/s' ? value > other : value < other
}

function barLine(row: Row): readonly string[] {
  const { name, unit, values, bar } = row
  if (bar === undefined) return []
  const own = values[bar.of]
  const value = own === undefined ? '' : withUnit(median(own), unit)
  const reached = 'ratio' in bar ? (ratioOf(row, bar.of)?.toFixed(2) ?? '') : value
  // One word, as narrow cells break the others.
  const word = wanted(bar, unit).replaceAll(' ', '\u00a0')
  return [`| ${name} | ${word} | ${reached} | ${isMet(row) ? 'met' : '**missed**'} |`]
}

function section({ name, about, rows, date, commit }: Measured, all: Entrants): readonly string[] {
  const title = name.replaceAll('-', ' ')
  return [
    `## ${title.charAt(0).toUpperCase()}${title.slice(1)}`,
    '',
    `${about.charAt(0).toUpperCase()}${about.slice(1)}. Measured on ${date.slice(0, 10)}, eventmill at commit ${commit}.`,
    '',
    ...rows.filter(isComparison).flatMap((row) => [`![${row.name}](${chartFile(row)})`, '']),
    '| | | median | least to most | ratio |',
    '|---|---|--:|--:|--:|',
    ...rows.flatMap((row) => [
      ...Object.entries(row.values).map(([contender, values], index) => {
        const ratio = ratioOf(row, contender)?.toFixed(2) ?? ''
        const range =
          values.length < 2
            ? ''
            : `${withUnit(Math.min(...values), '')} to ${withUnit(Math.max(...values), '')}`
        return `| ${index === 0 ? row.name : ''} | ${contender} | ${withUnit(median(values), row.unit)} | ${range} | ${ratio} |`
      }),
      ...Object.entries(row.failed ?? {}).map(([contender]) => `| | ${contender} | failed | | |`),
      ...missingOf(row, all).map((library) => `| | ${library} | – | | |`),
    ]),
    '',
  ]
}

/** Whether there is something to compare. */
function isComparison({ values }: Row): boolean {
  return Object.keys(values).length > 2
}

function chartFile({ name }: Row): string {
  return `benchmarks/${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.svg`
}

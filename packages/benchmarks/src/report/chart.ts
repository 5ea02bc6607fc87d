import { type Row } from '../workload.ts'
import { median, ratioOf, withUnit } from './table.ts'

const WIDTH = 760
const LABELS = 170
const VALUES = 190
const BAR = 16
const STEP = 24
const TITLE = 34

/** A row as a chart in SVG: a bar for each contender, readable on light and on dark. */
export function chartOf(row: Row): string {
  const bars = Object.entries(row.values).map(([contender, values]) => ({ contender, value: median(values) }))
  const most = Math.max(...bars.map(({ value }) => value))
  const height = TITLE + bars.length * STEP + 8
  const better = row.unit === '/s' ? 'more is better' : 'less is better'
  const lines = bars.flatMap(({ contender, value }, index) => {
    const y = TITLE + index * STEP
    const length = Math.max(1, (value / most) * (WIDTH - LABELS - VALUES))
    const ratio = ratioOf(row, contender)
    const text = `${withUnit(value, row.unit)}${ratio === undefined || contender === 'bare' ? '' : ` · ${ratio.toFixed(2)}`}`
    return [
      `  <text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${escaped(contender)}</text>`,
      `  <rect class="${kindOf(contender)}" x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="2"/>`,
      `  <text x="${(LABELS + length + 8).toFixed(1)}" y="${y + 12}">${escaped(text)}</text>`,
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `  <title>${escaped(row.name)}: ${bars.map(({ contender, value }) => escaped(`${contender} ${withUnit(value, row.unit)}`)).join(', ')}</title>`,
    `  <style>${STYLE}</style>`,
    `  <text class="title" x="0" y="16">${escaped(row.name)}</text>`,
    `  <text class="hint" x="${WIDTH}" y="16" text-anchor="end">${better}</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n')
}

function kindOf(contender: string): string {
  if (contender === 'bare') return 'bare'
  return contender.startsWith('eventmill') ? 'own' : 'peer'
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

const STYLE = [
  'text{font:12px system-ui,sans-serif;fill:#1f2328}',
  '.title{font-weight:600;font-size:13px}',
  '.hint{fill:#59636e}',
  '.own{fill:#0969da}.peer{fill:#8c959f}.bare{fill:#bf8700}',
  '@media(prefers-color-scheme:dark){text{fill:#e6edf3}.hint{fill:#9198a1}.own{fill:#4493f8}.peer{fill:#656c76}.bare{fill:#d29922}}',
].join('')

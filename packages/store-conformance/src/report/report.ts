import { type Rule } from '../rule.ts'
import { type Verdict } from '../run-rule.ts'

/** How a store did on the rules. */
export interface Report {
  readonly store: string
  /** RFC 3339. */
  readonly date: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly rules: readonly ReportedRule[]
}

/** How a store did on one rule. */
export interface ReportedRule extends Pick<Rule, 'id' | 'level' | 'title'> {
  readonly verdict: Verdict['verdict']
  readonly milliseconds: number
  /** Why it was skipped, or what was found. */
  readonly note: string
}

/** The verdicts on a store as a report. */
export function reportOf(store: string, verdicts: readonly Verdict[], date: Date): Report {
  const count = (wanted: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === wanted).length
  return {
    store,
    date: date.toISOString(),
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    rules: verdicts.map(reportedRule),
  }
}

/** Whether the store may be called conforming: every `must` rule was passed, or skipped with its reason. */
export function conforms({ rules }: Report): boolean {
  return rules.every(({ level, verdict }) => level === 'should' || verdict !== 'failed')
}

/** One rule as a line of a table. */
export function reportRow({ id, level, verdict, milliseconds, note }: ReportedRule): string {
  const word = verdict === 'failed' && level === 'should' ? 'warning' : verdict
  const time = verdict === 'skipped' ? '' : `${Math.round(milliseconds)} ms`
  return [id.padEnd(32), word.padEnd(8), time.padStart(9), note && `  ${oneLine(note)}`].join(' ').trimEnd()
}

/** The counts of a report in one line. */
export function reportSummary({ passed, failed, skipped }: Report): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** A report as a page. */
export function reportMarkdown(report: Report): string {
  const rows = report.rules.map(({ id, title, level, verdict, note }) =>
    [`\`${id}\``, title, level, verdict, note].map(cell).join(' | '),
  )
  return [
    `# ${report.store}: ${conforms(report) ? 'conforms' : 'does not conform'}`,
    '',
    `${reportSummary(report)} (${report.date})`,
    '',
    '| rule | what a conforming store does | level | verdict | note |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n')
}

function reportedRule(verdict: Verdict): ReportedRule {
  const { id, level, title } = verdict.rule
  const rule = { id, level, title, verdict: verdict.verdict }
  if (verdict.verdict === 'skipped') return { ...rule, milliseconds: 0, note: verdict.reason }
  const note = verdict.verdict === 'failed' ? messageOf(verdict.error) : ''
  return { ...rule, milliseconds: verdict.milliseconds, note }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', String.raw`\|`)
}

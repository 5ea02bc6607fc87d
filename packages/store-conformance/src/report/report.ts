import { type Rule } from '../rule.ts'
import { type Verdict } from '../run-rule.ts'
import { messageOf } from './message-of.ts'

/** How a store did on the rules. */
export interface Report {
  readonly store: string
  /** RFC 3339. */
  readonly date: string
  /** Whether every rule is in it. */
  readonly complete: boolean
  /** What the rules took together. */
  readonly milliseconds: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly rules: readonly ReportedRule[]
}

/** How a store did on one rule. */
export interface ReportedRule extends Pick<Rule, 'id' | 'level' | 'title'> {
  readonly verdict: Verdict['verdict']
  /** 0 where it was skipped. */
  readonly milliseconds: number
  /** Why it was skipped. */
  readonly reason?: string
  /** What was found where it failed. */
  readonly error?: string
}

/** The verdicts on a store as a report. */
export function reportOf(
  store: string,
  verdicts: readonly Verdict[],
  { complete, date }: { readonly complete: boolean; readonly date: Date },
): Report {
  const count = (wanted: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === wanted).length
  const rules = verdicts.map(reportedRule)
  return {
    store,
    date: date.toISOString(),
    complete,
    milliseconds: rules.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    rules,
  }
}

/** The verdict on one rule as its part of a report. */
export function reportedRule(verdict: Verdict): ReportedRule {
  const { id, level, title } = verdict.rule
  const rule = { id, level, title, verdict: verdict.verdict }
  if (verdict.verdict === 'skipped') return { ...rule, milliseconds: 0, reason: verdict.reason }
  const { milliseconds } = verdict
  if (verdict.verdict === 'passed') return { ...rule, milliseconds }
  return { ...rule, milliseconds, error: messageOf(verdict.error) }
}

/** What the store may be called: conforming, where every `must` rule was passed, or skipped with its reason. */
export function conclusionOf({ rules, complete, passed }: Report): Conclusion {
  const obeys = rules.every(({ level, verdict }) => level === 'should' || verdict !== 'failed')
  if (!obeys) return 'does not conform'
  if (passed === 0) return 'was not tried'
  return complete ? 'conforms' : 'obeys these rules'
}

export type Conclusion = 'conforms' | 'does not conform' | 'obeys these rules' | 'was not tried'

/** The beginning of a line of the table, shown while the rule runs. */
export function reportRowStart({ id }: Pick<Rule, 'id'>): string {
  return `${id.padEnd(32)} `
}

/** The rest of that line. */
export function reportRowEnd(rule: ReportedRule): string {
  const time = rule.verdict === 'skipped' ? '' : `${Math.round(rule.milliseconds)} ms`
  return `${wordOf(rule).padEnd(8)} ${time.padStart(9)}  ${oneLine(noteOn(rule))}`.trimEnd()
}

/** The counts of a report in one line. */
export function reportSummary({ passed, failed, skipped }: Report): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** A report as a page. */
export function reportMarkdown(report: Report): string {
  const rows = report.rules.map((rule) =>
    [
      `\`${rule.id}\``,
      rule.title,
      rule.level,
      wordOf(rule),
      `${Math.round(rule.milliseconds)} ms`,
      noteOn(rule),
    ]
      .map(cell)
      .join(' | '),
  )
  return [
    `# ${report.store}: ${conclusionOf(report)}`,
    '',
    `${reportSummary(report)} (${report.date})`,
    '',
    '| rule | what a conforming store does | level | verdict | time | note |',
    '| --- | --- | --- | --- | ---: | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n')
}

function wordOf({ level, verdict }: ReportedRule): string {
  return verdict === 'failed' && level === 'should' ? 'warning' : verdict
}

function noteOn({ reason, error }: ReportedRule): string {
  return reason ?? error ?? ''
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', String.raw`\|`)
}

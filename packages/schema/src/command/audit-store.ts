import { audit, type AuditReport } from '../audit/audit.ts'
import { type AuditFinding } from '../audit/finding.ts'
import { type AuditArguments } from './arguments.ts'
import { counted, oneLine, thousands, typeVersion } from './lines.ts'
import { importModules, openStore } from './modules.ts'

/** Where the audit tells what. */
export interface AuditFeed {
  /** Aborts where the user does not want to wait any longer. */
  readonly signal: AbortSignal
  /** What the audit has come to. */
  readonly print: (text: string) => Promise<void>
  /** How it goes. */
  readonly progress: (text: string) => void
}

/**
 * Audits the store of the modules by their namespaces. Resolves to 0 where everything can be read, to 1 where not, and
 * to 130 where it was interrupted, as shells tell it. Throws `BadInput`, and whatever reading the store throws: after it
 * has told what it had found until then, and how to go on.
 */
export async function auditStore(
  { modules, after, sample, unknown }: AuditArguments,
  { signal, print, progress }: AuditFeed,
): Promise<0 | 1 | 130> {
  const exports = await importModules(modules)
  const store = await openStore(exports)
  let last: AuditReport | undefined
  let tenths = 0
  const onProgress = (soFar: AuditReport) => {
    last = soFar
    const { position, head } = soFar
    const reached = Math.floor((10 * (position - after)) / (head - after))
    if (reached > tenths) progress(progressLine(soFar, reached))
    tenths = reached
  }
  try {
    const report = await audit(store, exports.namespaces, { after, sample, signal, onProgress })
    await print(reportText(report))
    if (!report.complete) return 130
    const kinds = KINDS.filter(({ kind }) => kind !== 'unknown namespace' || unknown === 'reject')
    return kinds.some(({ kind }) => unreadIn(report, kind) > 0) ? 1 : 0
  } catch (error) {
    if (last !== undefined) await print(reportText(last))
    throw error
  } finally {
    await store.close()
  }
}

function progressLine(soFar: AuditReport, tenths: number): string {
  return `${10 * tenths} %, at position ${soFar.position}: ${counted(allUnread(soFar), 'event')} found that cannot be read\n`
}

function reportText(report: AuditReport): string {
  const { complete, position, head, read, judged, findings, others } = report
  const parts = KINDS.map(({ kind, title }) => {
    const own = findings.filter((finding) => finding.kind === kind).map(findingLine)
    const rest = others[kind] ?? 0
    const rows = rest === 0 ? own : [...own, `  further types and versions: ${counted(rest, 'event')}\n`]
    return rows.length === 0 ? '' : `${title}\n${rows.join('')}\n`
  })
  const sampled = judged < read ? `, of which ${thousands(judged)} were judged` : ''
  const summary = `${counted(read, 'event')} read${sampled}, up to position ${position} of ${head}: `
  const unread = allUnread(report)
  const none = judged < read ? 'all that were judged can be read' : 'all of them can be read'
  const conclusion = unread === 0 ? none : `${thousands(unread)} cannot be read`
  const resume = complete
    ? ''
    : `Not at the end. To go on from there: the same again with --after ${position}\n`
  return `${parts.join('')}${summary}${conclusion}\n${resume}`
}

const KINDS = [
  { kind: 'unreadable', title: 'Payloads that fail:' },
  { kind: 'unknown version', title: 'Versions that are newer than the newest known:' },
  { kind: 'unknown type', title: 'Types that their namespace does not have:' },
  { kind: 'unknown namespace', title: 'Namespaces that were not given:' },
] as const

function allUnread(report: AuditReport): number {
  return KINDS.reduce((sum, { kind }) => sum + unreadIn(report, kind), 0)
}

function unreadIn({ findings, others }: AuditReport, kind: AuditFinding['kind']): number {
  return findings.reduce((sum, each) => (each.kind === kind ? sum + each.count : sum), others[kind] ?? 0)
}

function findingLine(finding: AuditFinding): string {
  const { count, first } = finding
  const events = `${counted(count, 'event')}, the first at position ${first}`
  return `  ${typeVersion(finding)}: ${events}${finding.kind === 'unreadable' ? reason(finding.issue) : ''}\n`
}

function reason({ path, message }: { readonly path: string; readonly message: string }): string {
  return oneLine(path === '' ? `: ${message}` : `: ${path}: ${message}`)
}

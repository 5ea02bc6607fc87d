import { type AnyNamespace, type DomainEvent, type EventStore, type Position } from '@eventmill/core'
import { checkKeys, eventmillError, invalidArgument } from '@eventmill/core/adapter'
import { type AuditFinding, judgeBy, type Obstruction, type OtherEvents } from './finding.ts'
import { choiceOf, type Sample } from './sample.ts'

/** Which events are audited. Default: all of them. */
export interface AuditOptions {
  /** Only events after this position: the `position` of the report of an earlier run. Default 0. */
  readonly after?: Position | undefined
  /** Judges some of the events alone. All are read: it saves the time of judging them. Default: all are judged. */
  readonly sample?: Sample | undefined
  /** Ends the audit early: it resolves to what it has found so far. */
  readonly signal?: AbortSignal | undefined
  /** Is told what was found so far, after every 10,000 events. What it throws ends the audit. */
  readonly onProgress?: ((soFar: AuditReport) => void) | undefined
}

/** What an audit has found. */
export interface AuditReport {
  /** Whether it got to the head; not so where it was aborted, and in what `onProgress` is told. */
  readonly complete: boolean
  /** Where it got to, all events before it included: `after` for whoever goes on. */
  readonly position: Position
  /** The head of the store when it began, which is where it ends. */
  readonly head: Position
  /** How many events were read. */
  readonly read: number
  /** How many of them were judged: those of the sample. */
  readonly judged: number
  /**
   * What cannot be read, by type and version, in the order of the first positions; empty where all is well. At most 1,000,
   * those that are found first.
   */
  readonly findings: readonly AuditFinding[]
  /** The events that cannot be read either, of further types and versions, counted by kind. */
  readonly others: OtherEvents
}

/**
 * Reads a store from one end to the other and tells which events these namespaces cannot read. Holds one event in
 * memory, and one finding for each type and version that has one, up to 1,000, however long the log is.
 *
 * Throws `DEFINITION_INVALID` for a repeated namespace, `ARGUMENT_INVALID` for an option that is none, and
 * `CHECKPOINT_AHEAD` for an `after` beyond the head; fails with whatever reading the store fails with.
 */
export async function audit(
  store: Pick<EventStore, 'head' | 'readAll'>,
  namespaces: readonly AnyNamespace[],
  options: AuditOptions = {},
): Promise<AuditReport> {
  const { after, sample, signal, onProgress } = checkedOptions(options)
  const judge = judgeBy(namespaces)
  const isChosen = choiceOf(sample)
  const head = await store.head()
  if (after > head) {
    const message = `the audit would begin at position ${after}, but the store ends at ${head}: is it the same store?`
    throw eventmillError('CHECKPOINT_AHEAD', message, { after, head })
  }

  const found: Found = { findings: new Map(), others: {} }
  let [position, read, judged] = [after, 0, 0]
  const report = (complete: boolean): AuditReport => ({
    complete,
    position: complete ? head : position,
    head,
    read,
    judged,
    findings: [...found.findings.values()],
    others: { ...found.others },
  })
  try {
    for await (const event of store.readAll({ after, upTo: head, signal })) {
      signal?.throwIfAborted()
      if (isChosen(read, event.position)) {
        judged += 1
        const obstruction = judge(event)
        if (obstruction !== undefined) add(found, event, obstruction)
      }
      read += 1
      position = event.position
      if (read % PROGRESS_EVERY === 0) {
        onProgress?.(report(false))
        await breath()
      }
    }
    return report(true)
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) return report(false)
    throw error
  }
}

/** In events. */
const PROGRESS_EVERY = 10_000

const OPTIONS = new Set(['after', 'sample', 'signal', 'onProgress'])

function checkedOptions(options: AuditOptions): AuditOptions & { readonly after: Position } {
  checkKeys(options, OPTIONS, 'options')
  const { after = 0, onProgress } = options
  if (!Number.isSafeInteger(after) || after < 0) {
    throw invalidArgument('options.after', 'a safe integer from 0', after)
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidArgument('options.onProgress', 'a function', onProgress)
  }
  return { ...options, after }
}

interface Found {
  readonly findings: Map<string, AuditFinding>
  others: OtherEvents
}

/** Types are named by whoever writes the log, and may be as many as its events. */
const MOST_FINDINGS = 1_000

function add(found: Found, event: DomainEvent, obstruction: Obstruction): void {
  const { findings, others } = found
  const { source, type, version, position } = event
  const key = JSON.stringify([source, type, version])
  const known = findings.get(key)
  if (known === undefined && findings.size >= MOST_FINDINGS) {
    const { kind } = obstruction
    found.others = { ...others, [kind]: (others[kind] ?? 0) + 1 }
    return
  }
  const { count, ...first } = known ?? { ...obstruction, source, type, version, first: position, count: 0 }
  findings.set(key, { ...first, count: count + 1 })
}

/** Lets timers and signals have their turn, which a store that never waits for anything would keep from them. */
function breath(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve))
}

import { initialVersion, nextVersion, type VersionedAggregate } from '../aggregates/aggregate-definition.ts'
import { type Target } from '../aggregates/command.ts'
import { checkInteger, checkKeys } from '../argument-checks.ts'
import { type DomainEvent } from '../events/event.ts'
import { messageOf } from '../events/event-codec.ts'
import { streamName } from '../events/stream.ts'
import { type EventStore } from '../store/event-store.ts'

/** How a stream is explained. */
export interface ExplainOptions {
  /** So many events, the latest, are shown. Default 100. */
  readonly limit?: number | undefined
  /** So many characters of a payload, or of a state, are shown. Default 80. */
  readonly width?: number | undefined
  /** Aborted before the table is complete: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The latest events of a stream as a table, with the state after each. An event of an older version is shown as it is stored and,
 * after an arrow, as it is applied.
 */
export async function explanation(
  store: EventStore,
  { definition, aggregateId, stream }: Target,
  options: ExplainOptions,
): Promise<string> {
  checkKeys(options, OPTIONS, 'options')
  const { limit = 100, width = 80, signal } = options
  checkInteger(limit, 1, 'options.limit')
  checkInteger(width, 1, 'options.width')
  let aggregate: VersionedAggregate | undefined = initialVersion(definition, aggregateId)
  let reason = ''
  let generation = 0
  const rows: Explained[] = [{ forms: [], after: aggregate }]
  for await (const stored of store.readStream(stream, { signal })) {
    generation = stored.sequence
    if (rows.length === limit) rows.shift()
    const forms = [stored]
    try {
      const decoded = definition.codec.decode(stored)
      if (decoded.version !== stored.version) forms.push(decoded)
      aggregate &&= nextVersion(definition, aggregate, stored)
    } catch (error) {
      // This is what one wants to see, and what comes after it.
      reason ||= `${messageOf(error)}\n`
      aggregate = undefined
    }
    rows.push({ forms, after: aggregate })
  }
  const left = (rows[0]?.forms[0]?.sequence ?? 1) - 1
  const note = left > 0 ? ` (1 to ${left} left out)` : ''
  const cells = rows.map(({ forms, after }) => {
    const { sequence = 0, time = '', type = '' }: Partial<DomainEvent> = { ...forms[0] }
    const versions = forms.map(({ version }) => version).join(ARROW)
    const data = forms.map(({ data }) => shortened(data, width)).join(ARROW)
    return [String(sequence), time, type, versions, data, after ? shortened(after.state, width) : '']
  })
  return `${streamName(stream)}, generation ${generation}${note}\n${table([HEADER, ...cells])}\n${reason}`
}

interface Explained {
  /** The event as it is stored and, where that is an older version, in the newest; nothing before the first event. */
  readonly forms: readonly DomainEvent[]
  /** The aggregate after it, as long as it can be read. */
  readonly after: VersionedAggregate | undefined
}

const OPTIONS = new Set(['limit', 'width', 'signal'])

const HEADER = ['#', 'time', 'event', 'version', 'data', 'state']
const ARROW = ' → '

function table(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A value in one line: as JSON, with what that does not know. */
function shortened(value: unknown, width: number): string {
  const text = jsonOf(value).replaceAll('\n', ' ')
  // No cut leaves half a character.
  return text.length <= width ? text : `${text.slice(0, width - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

function jsonOf(value: unknown): string {
  try {
    const json = JSON.stringify(value, beyondJson) as unknown
    return typeof json === 'string' ? json : String(value)
  } catch (error) {
    return messageOf(error)
  }
}

function beyondJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value instanceof Map || value instanceof Set ? [...value] : value
}

import { initialVersion, nextVersion } from '../aggregates/aggregate-definition.ts'
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
  readonly signal?: AbortSignal | undefined
}

/** The latest events of a stream as a table, with the state after each. */
export async function explanation(
  store: EventStore,
  { definition, aggregateId, stream }: Target,
  options: ExplainOptions,
): Promise<string> {
  checkKeys(options, OPTIONS, 'options')
  const { limit = 100, width = 80, signal } = options
  checkInteger(limit, 1, 'options.limit')
  checkInteger(width, 1, 'options.width')
  let aggregate = initialVersion(definition, aggregateId)
  const rows: Explained[] = [{ stored: undefined, after: aggregate.state }]
  for await (const stored of store.readStream(stream, { signal })) {
    if (rows.length === limit) rows.shift()
    try {
      aggregate = nextVersion(definition, aggregate, stored)
      rows.push({ stored, after: aggregate.state })
    } catch (error) {
      // This is what one wants to see.
      rows.push({ stored, after: { unreadable: messageOf(error) } })
      break
    }
  }
  const left = (rows[0]?.stored?.sequence ?? 1) - 1
  const note = left > 0 ? ` (1 to ${left} left out)` : ''
  const cells = rows.map(({ stored, after }) =>
    stored === undefined
      ? ['0', '', '', '', shortened(after, width)]
      : [
          String(stored.sequence),
          stored.time,
          stored.type,
          shortened(stored.data, width),
          shortened(after, width),
        ],
  )
  return `${streamName(stream)}, generation ${aggregate.generation}${note}\n${table([HEADER, ...cells])}\n`
}

interface Explained {
  /** `undefined` before the first event. */
  readonly stored: DomainEvent | undefined
  /** The state after it. */
  readonly after: unknown
}

const OPTIONS = new Set(['limit', 'width', 'signal'])

const HEADER = ['#', 'time', 'event', 'data', 'state']

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
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
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
  return value instanceof Map || value instanceof Set ? [...value] : value
}

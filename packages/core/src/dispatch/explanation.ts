import { initialVersion, nextVersion } from '../aggregates/aggregate-definition.ts'
import { type Target } from '../aggregates/command.ts'
import { checkInteger, checkKeys } from '../argument-checks.ts'
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
  const rows: Row[] = [['0', '', '', '', shortened(aggregate.state, width)]]
  for await (const stored of store.readStream(stream, { signal })) {
    const { data, type } = definition.codec.decode(stored)
    aggregate = nextVersion(definition, aggregate, stored)
    const { sequence, time } = stored
    rows.push([String(sequence), time, type, shortened(data, width), shortened(aggregate.state, width)])
    // The state before the first event goes with that.
    if (sequence > limit) rows.splice(0, rows.length - limit)
  }
  const left = aggregate.generation - limit
  const note = left > 0 ? ` (1 to ${left} left out)` : ''
  return `${streamName(stream)}, generation ${aggregate.generation}${note}\n${table([HEADER, ...rows])}\n`
}

const OPTIONS = new Set(['limit', 'width', 'signal'])

type Row = readonly [sequence: string, time: string, event: string, data: string, state: string]
const HEADER: Row = ['#', 'time', 'event', 'data', 'state']

function table(rows: readonly Row[]): string {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
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
  const json = JSON.stringify(value, beyondJson) as string | undefined
  const text = json ?? String(value)
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

function beyondJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map) return { Map: [...value] }
  if (value instanceof Set) return { Set: [...value] }
  return value
}

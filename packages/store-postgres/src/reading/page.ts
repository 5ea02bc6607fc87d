import { type CheckedRead, type DomainEvent, type Metadata, type StreamId } from '@eventmill/core'
import { timeOf } from '../appending/identity.ts'
import { type Row } from '../database/database.ts'
import { type EventType, type EventTypes } from '../event-types.ts'

/** What is read, by sequences or positions. */
export interface Range {
  /** Exclusive. */
  readonly after: number
  /** Inclusive. */
  readonly upTo: number
}

/** Some events of a read. */
export interface Page {
  readonly events: readonly DomainEvent[]
  /** What is left of the range after them. */
  readonly rest: Range
}

/**
 * Reads page after page. Between two pages nothing is held. `read` gets what is left of the range, and how many events
 * are wanted of it; `check` throws when reading has to end.
 */
export async function* readPages(
  { after, upTo, limit, signal }: CheckedRead,
  read: (range: Range & { readonly size: number }) => Promise<Page>,
  check: () => void,
): AsyncGenerator<DomainEvent, void> {
  let rest: Range = { after, upTo }
  for (let left = limit; left > 0 && rest.after < rest.upTo;) {
    const page = await read({ ...rest, size: Math.min(left, PAGE) })
    for (const event of page.events) {
      signal?.throwIfAborted()
      check()
      yield event
    }
    left -= page.events.length
    rest = page.rest
  }
}

/** At most so many events are held at a time. */
export const PAGE = 1_000
/** About so many bytes of payload are held at a time. */
export const PAGE_BYTES: number = 4 * 2 ** 20

/**
 * A page as one row: a driver spends more on a row than on many values in one. `source` gives the events in their order,
 * as `e`, with `bytes`, how large the payloads are up to each, its own included.
 */
export const PAGE_COLUMNS = `array_agg(e.position), array_agg(e.sequence), array_agg(e.type), array_agg(e.id),
  case when count(e.correlation_id) > 0 then array_agg(e.correlation_id) end,
  case when count(e.causation_id) > 0 then array_agg(e.causation_id) end, '[' || string_agg(e.data::text, ',') || ']',
  case when count(e.metadata) > 0 then '[' || string_agg(coalesce(e.metadata::text, 'null'), ',') || ']' end,
  max(e.bytes)`

/** Of the columns of a page. */
const [POSITIONS, SEQUENCES, TYPES, IDS, CORRELATIONS, CAUSATIONS, DATA, METADATA, BYTES] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
]

/** The size of payloads, from where reading starts up to an event. */
export function bytesAlong(place: 'position' | 'sequence', direction: 'asc' | 'desc'): string {
  const own = 'octet_length(data::text) + coalesce(octet_length(metadata::text), 0)'
  return `sum(${own}) over (order by ${place} ${direction} rows unbounded preceding) as bytes, ${own} as own_bytes`
}

/** How large the payloads of a page are. */
export function bytesOf(page: Row): number {
  return Number(page[BYTES] ?? 0)
}

/** The events of a page, of the streams that `streamOf` tells by their place in it. */
export async function eventsOf(
  page: Row,
  streamOf: (index: number) => StreamId,
  types: EventTypes,
): Promise<readonly DomainEvent[]> {
  const positions = items(page[POSITIONS])
  const [sequences, keys, ids] = [items(page[SEQUENCES]), items(page[TYPES]), items(page[IDS])]
  const [correlations, causations] = [items(page[CORRELATIONS]), items(page[CAUSATIONS])]
  const data = JSON.parse(page[DATA] ?? '[]') as readonly unknown[]
  const metadata = JSON.parse(page[METADATA] ?? '[]') as readonly (Metadata | null)[]
  const known = await types.typesOf(keys)
  let [stamp, time] = ['', '']
  return positions.map((position, index) => {
    const { source, type, version } = known.get(keys[index] ?? '') ?? UNKNOWN
    const { aggregateType, aggregateId } = streamOf(index)
    const id = ids[index] ?? ''
    // Events that were stored together have the same time.
    if (!id.startsWith(stamp) || stamp === '') {
      stamp = id.slice(0, 13)
      time = timeOf(id)
    }
    return {
      source,
      type,
      version,
      data: data[index],
      metadata: joined(metadata[index], correlations[index], causations[index]),
      id,
      aggregateType,
      aggregateId,
      sequence: Number(sequences[index]),
      position: Number(position),
      time,
    }
  })
}

function joined(
  metadata: Metadata | null | undefined,
  correlationId: string | undefined,
  causationId: string | undefined,
): Metadata {
  const [correlated, caused] = [isPresent(correlationId), isPresent(causationId)]
  if (!correlated && !caused) return metadata ?? NO_METADATA
  return { ...metadata, ...(correlated && { correlationId }), ...(caused && { causationId }) }
}

function isPresent(item: string | undefined): item is string {
  return item !== undefined && item !== 'NULL'
}

/** The items of an array of numbers or ids, as PostgreSQL writes it. */
function items(array: string | null | undefined): readonly string[] {
  return array == null || array === '{}' ? [] : array.slice(1, -1).split(',')
}

const NO_METADATA: Metadata = Object.freeze({})
/** No event is stored before its type is. */
const UNKNOWN: EventType = { source: '', type: '', version: 0 }

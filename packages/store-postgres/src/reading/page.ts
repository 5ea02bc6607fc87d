import { type CheckedRead, type DomainEvent, type Metadata, type StreamId } from '@eventmill/core'
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

/** The columns of an event, as `eventOf` reads them. `bytes` is how large the payloads are up to it, with its own. */
export const COLUMNS = `position, sequence, type, id, date_part('epoch', time), data::text, metadata::text, bytes`

/** So many columns. */
export const WIDTH = 8

/** How large the payloads are, from where reading starts up to a row. */
export function bytesAlong(place: 'position' | 'sequence', direction: 'asc' | 'desc'): string {
  const own = 'octet_length(data::text) + coalesce(octet_length(metadata::text), 0)'
  return `sum(${own}) over (order by ${place} ${direction} rows unbounded preceding) as bytes, ${own} as own_bytes`
}

/** The types of the events in these rows, whose columns begin at `from`. */
export function typesIn(
  rows: readonly Row[],
  from: number,
  types: EventTypes,
): Promise<ReadonlyMap<number, EventType>> {
  return types.typesOf(new Set(rows.map((row) => Number(row[from + 2]))))
}

/** The event in a row, whose columns begin at `from`. */
export function eventOf(
  row: Row,
  from: number,
  { aggregateType, aggregateId }: StreamId,
  types: ReadonlyMap<number, EventType>,
): DomainEvent {
  const { source, type, version } = types.get(Number(row[from + 2])) ?? UNKNOWN
  const metadata = row[from + 6]
  return {
    source,
    type,
    version,
    data: JSON.parse(String(row[from + 5])) as unknown,
    metadata: metadata == null ? NO_METADATA : (JSON.parse(metadata) as Metadata),
    id: String(row[from + 3]),
    aggregateType,
    aggregateId,
    sequence: Number(row[from + 1]),
    position: Number(row[from]),
    time: new Date(Math.round(Number(row[from + 4]) * 1000)).toISOString(),
  }
}

const NO_METADATA: Metadata = Object.freeze({})
/** No event is stored before its type is. */
const UNKNOWN: EventType = { source: '', type: '', version: 0 }

import { type DomainEvent, type Metadata, type StreamId } from '@eventmill/core'
import { type CheckedRead, eventmillError } from '@eventmill/core/adapter'
import { timeOf } from '../appending/identity.ts'
import { type Row } from '../database/database.ts'
import { type EventTypes } from '../event-types.ts'

/** What is read, by sequences or positions. */
export interface Range {
  /** Exclusive. */
  readonly after: number
  /** Inclusive. */
  readonly upTo: number
}

/** Some events of a read. */
export interface Page {
  /** How many they are. */
  readonly count: number
  /** What is left of the range after them. */
  readonly rest: Range
  events(): Promise<readonly DomainEvent[]>
}

/**
 * Reads page after page, the next one while the events of one are made. Otherwise nothing is held between pages. `read`
 * gets what is left of the range, and how many events are wanted of it; `check` throws when reading has to end.
 */
export async function* readPages(
  { after, upTo, limit, signal }: CheckedRead,
  read: (range: Range & { readonly size: number }) => Promise<Page>,
  check: () => void,
): AsyncGenerator<DomainEvent, void> {
  let rest: Range = { after, upTo }
  let left = limit
  const next = () =>
    left > 0 && rest.after < rest.upTo ? read({ ...rest, size: Math.min(left, PAGE) }) : undefined
  for (let page = await next(); page !== undefined;) {
    left -= page.count
    rest = page.rest
    const following = next()
    // Whether it fails is told when its turn comes.
    following?.catch(() => undefined)
    if (following !== undefined) await departure()
    for (const event of await page.events()) {
      signal?.throwIfAborted()
      check()
      yield event
    }
    page = await following
  }
}

/**
 * Lets what was asked for be sent. The events of a page are handled from one microtask to the next, and Node sends nothing
 * before those are over: the database would rest meanwhile.
 */
function departure(): Promise<void> {
  return new Promise((resolve) => {
    later(resolve)
  })
}

/** As it was when this was loaded: tests may put a clock of theirs in its place. */
const later: (work: () => void) => unknown = typeof setImmediate === 'function' ? setImmediate : setTimeout

/** At most so many events are held at a time. */
export const PAGE = 1_000
/** About so many bytes of payload are held at a time. */
export const PAGE_BYTES: number = 4 * 2 ** 20

/**
 * A page as one row: a driver spends more on a row than on many values in one. It is made of events `e` in their order.
 * What few events have comes apart, by their positions.
 */
export const PAGE_COLUMNS = `array_agg(e.position) as positions, array_agg(e.sequence) as sequences,
  array_agg(e.type) as types, array_agg(e.id) as ids, '[' || string_agg(e.data::text, ',') || ']' as data,
  '{' || string_agg(
    '"' || e.position || '":[' || coalesce(e.metadata::text, 'null')
      || ',' || coalesce('"' || e.correlation_id || '"', 'null')
      || ',' || coalesce('"' || e.causation_id || '"', 'null') || ']', ',')
    filter (where e.metadata is not null or e.correlation_id is not null or e.causation_id is not null)
    || '}' as metadata,
  sum(e.size) as bytes, count(*) as count`

/** Of the columns of a page. */
const [POSITIONS, SEQUENCES, TYPES, IDS, DATA, METADATA, BYTES, COUNT] = [0, 1, 2, 3, 4, 5, 6, 7]
/** So many columns. */
export const WIDTH = 8

/** The columns of an event of which a page is made, and `size`, how large its payload is. */
export const EVENT_COLUMNS = `e.position, e.stream, e.sequence, e.type, e.id, e.correlation_id, e.causation_id, e.data, e.metadata,
  octet_length(e.data::text) + coalesce(octet_length(e.metadata::text), 0) as size`

/** Of these events, in this order, as many as `budget` bytes have room for, but at least one. */
export function upToBudget(events: string, order: string, budget: string): string {
  const summed = `select e.*, sum(size) over (order by ${order} rows unbounded preceding) as bytes from (${events}) e`
  return `select e.* from (${summed}) e where bytes - size < ${budget}`
}

/** How large the payloads of a page are. */
export function bytesOf(page: Row): number {
  return Number(page[BYTES] ?? 0)
}

/** How many events a page has. */
export function countOf(page: Row): number {
  return Number(page[COUNT] ?? 0)
}

/** Where the last event of a page stands. */
export function lastOf(page: Row, place: 'position' | 'sequence'): number {
  const places = (place === 'position' ? page[POSITIONS] : page[SEQUENCES]) ?? '{0}'
  return Number(places.slice(Math.max(places.lastIndexOf(','), 0) + 1, -1))
}

/** The events of a page, of the streams that `streamOf` tells by their place in it. */
export async function eventsOf(
  page: Row,
  streamOf: (index: number) => StreamId,
  types: EventTypes,
): Promise<readonly DomainEvent[]> {
  const positions = items(page[POSITIONS])
  const [sequences, keys, ids] = [items(page[SEQUENCES]), items(page[TYPES]), items(page[IDS])]
  const data = JSON.parse(page[DATA] ?? '[]') as readonly unknown[]
  const metadata = JSON.parse(page[METADATA] ?? '{}') as { readonly [position: string]: StoredMetadata }
  const known = await types.typesOf(keys)
  let [stamp, time] = ['', '']
  return positions.map((position, index) => {
    const { source, type, version } = known.get(keys[index] ?? '') ?? typeIsLost(position)
    const { aggregateType, aggregateId } = streamOf(index)
    const id = ids[index] ?? ''
    // Events that were stored together have the same time.
    if (stamp === '' || !id.startsWith(stamp)) {
      stamp = id.slice(0, 13)
      time = timeOf(id)
    }
    return {
      source,
      type,
      version,
      data: data[index],
      metadata: joined(metadata[position]),
      id,
      aggregateType,
      aggregateId,
      sequence: Number(sequences[index]),
      position: Number(position),
      time,
    }
  })
}

type StoredMetadata = readonly [
  rest: Metadata | null,
  correlationId: string | null,
  causationId: string | null,
]

function joined(metadata: StoredMetadata | undefined): Metadata {
  if (metadata === undefined) return NO_METADATA
  const [rest, correlationId, causationId] = metadata
  return {
    ...rest,
    ...(correlationId !== null && { correlationId }),
    ...(causationId !== null && { causationId }),
  }
}

/** The items of an array of numbers or ids, as PostgreSQL writes it. */
export function items(array: string | null | undefined): readonly string[] {
  return array == null || array === '{}' ? [] : array.slice(1, -1).split(',')
}

const NO_METADATA: Metadata = Object.freeze({})
/** No event is stored before its type is, unless a failover has lost that. */
function typeIsLost(position: string): never {
  const message = `the type of the event at position ${position} is not in the table of types: restore its row from another copy of the database`
  throw eventmillError('STORE_REFUSED', message, { sqlState: undefined })
}

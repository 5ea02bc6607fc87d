import { type DomainEvent, type Metadata } from '@eventmill/core'
import { type Row } from './client.ts'

/** The columns of an event, as `toEvent` reads them, of `events e`, `streams s` and `types t`. */
export const EVENT_COLUMNS = `e.position, s.aggregate_type, s.aggregate_id, e.sequence, e.id,
  t.source, t.name, t.version, floor(extract(epoch from e.time) * 1000)::bigint as time,
  e.data::text, e.metadata::text`

const NO_METADATA: Metadata = Object.freeze({})

/** The event that a row holds. */
export function toEvent(row: Row): DomainEvent {
  return {
    source: String(row.source),
    type: String(row.name),
    version: Number(row.version),
    data: JSON.parse(String(row.data)) as unknown,
    metadata: row.metadata == null ? NO_METADATA : (JSON.parse(row.metadata) as Metadata),
    id: String(row.id),
    aggregateType: String(row.aggregate_type),
    aggregateId: String(row.aggregate_id),
    sequence: Number(row.sequence),
    position: Number(row.position),
    time: new Date(Number(row.time)).toISOString(),
  }
}

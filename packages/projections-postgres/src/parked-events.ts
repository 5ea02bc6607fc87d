import { type DomainEvent, type StreamId } from '@eventmill/core'
import { streamKey } from '@eventmill/core/adapter'
import { type Claim, type VersionId } from '@eventmill/projections'
import { type SqlClient } from './client.ts'

/** Which of these streams have parked events, by `streamKey`. */
export async function parkedStreams(
  client: SqlClient,
  schema: string,
  { name, version }: VersionId,
  streams: readonly StreamId[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query(
    `select distinct aggregate_type as "aggregateType", aggregate_id as "aggregateId"
       from ${schema}.parked
       join unnest($3::text[], $4::text[]) as stream (type, id) on (aggregate_type, aggregate_id) = (stream.type, stream.id)
       where (name, version) = ($1, $2)`,
    [
      name,
      version,
      streams.map(({ aggregateType }) => aggregateType),
      streams.map(({ aggregateId }) => aggregateId),
    ],
  )
  return new Set((rows as readonly StreamId[]).map(streamKey))
}

/** Puts an event aside. */
export async function park(
  client: SqlClient,
  schema: string,
  { name, version, partition }: Claim,
  event: DomainEvent,
  error: string,
): Promise<void> {
  const { position, aggregateType, aggregateId, sequence, type } = event
  await client.query(
    `insert into ${schema}.parked
         (name, version, position, partition, aggregate_type, aggregate_id, sequence, type, error)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    // No database stores a NUL.
    [
      name,
      version,
      position,
      partition,
      aggregateType,
      aggregateId,
      sequence,
      type,
      error.replaceAll('\0', ''),
    ],
  )
}

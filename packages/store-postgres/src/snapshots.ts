import {
  type Json,
  type LoadSnapshotOptions,
  type Snapshot,
  type SnapshotStore,
  type StreamId,
} from '@eventmill/core'
import { checkStream, checkLoadSnapshot, checkSaveSnapshot } from '@eventmill/core/adapter'
import { type Database, type Statement, statement } from './database/database.ts'

/** Snapshots in a table beside the events. */
export class PostgresSnapshots implements SnapshotStore {
  readonly #database: Database
  readonly #opened: (signal?: AbortSignal) => Promise<void>
  readonly #load: Statement
  readonly #save: Statement
  readonly #delete: Statement

  /** `schema` is quoted. `opened` resolves once the database was found to be as it should be. */
  constructor(database: Database, schema: string, opened: (signal?: AbortSignal) => Promise<void>) {
    this.#database = database
    this.#opened = opened
    const ofStream = 's.aggregate_type = $1 and s.aggregate_id = $2'
    this.#load = statement(
      `select generation, event_id, state from ${schema}.snapshots join ${schema}.streams s using (stream)
       where ${ofStream} and version = $3`,
    )
    this.#save = statement(
      `insert into ${schema}.snapshots as old (stream, version, generation, event_id, state)
       select stream, $3, $4, $5, $6 from ${schema}.streams s where ${ofStream}
       on conflict (stream, version) do update
         set generation = excluded.generation, event_id = excluded.event_id, state = excluded.state, time = now()
         where excluded.generation > old.generation`,
    )
    this.#delete = statement(
      `delete from ${schema}.snapshots using ${schema}.streams s where snapshots.stream = s.stream and ${ofStream}`,
    )
  }

  async load(
    stream: StreamId,
    version: number,
    options: LoadSnapshotOptions = {},
  ): Promise<Snapshot | undefined> {
    const { aggregateType, aggregateId } = checkLoadSnapshot(stream, version, options)
    await this.#opened(options.signal)
    const values = [aggregateType, aggregateId, String(version)]
    const [row] = await this.#database.query(this.#load, values, options.signal)
    if (row === undefined) return undefined
    const [generation, eventId, state] = row
    return {
      version,
      generation: Number(generation),
      eventId: String(eventId),
      state: JSON.parse(String(state)) as Json,
    }
  }

  async save(stream: StreamId, snapshot: Snapshot): Promise<void> {
    const checked = checkSaveSnapshot(stream, snapshot)
    const { aggregateType, aggregateId } = checked.stream
    const { version, generation, eventId, state } = checked
    await this.#opened()
    const values = [
      aggregateType,
      aggregateId,
      String(version),
      String(generation),
      eventId,
      JSON.stringify(state),
    ]
    await this.#database.query(this.#save, values)
  }

  async delete(stream: StreamId): Promise<void> {
    const { aggregateType, aggregateId } = checkStream(stream)
    await this.#opened()
    await this.#database.query(this.#delete, [aggregateType, aggregateId])
  }
}

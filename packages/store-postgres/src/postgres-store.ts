import {
  type AppendOptions,
  type AppendResult,
  checkAppend,
  type CheckedRead,
  checkFindCommit,
  checkKeys,
  checkReadAll,
  checkReadStream,
  type DomainEvent,
  eventmillError,
  type EventStore,
  type FindCommitOptions,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  repeatedResult,
  type StoreCapabilities,
  type StreamAppend,
  type StreamId,
  streamKey,
} from '@eventmill/core'
import { type Answer, type Append, batchOf, newIds, type Parts, resultOf } from './appends.ts'
import { type Database, databaseOf, type Pglite, type PgPool, type Row } from './client.ts'
import { EventTypes } from './event-types.ts'
import { conditionOf } from './filter.ts'
import { GroupCommit, type Outcome, type Queued } from './group-commit.ts'
import { migrate, quoted } from './migrate.ts'
import { EVENT_COLUMNS, toEvent } from './rows.ts'

export interface PostgresStoreOptions {
  /** Your own `pg.Pool`, or a `PGlite`. It stays yours: closing the store does not close it. */
  readonly client: PgPool | Pglite
  /** The schema in which the tables are. Default `'eventmill'`. */
  readonly schema?: string | undefined
}

/** Events in PostgreSQL 15 or newer, on a server or embedded. */
export class PostgresStore implements EventStore {
  readonly capabilities: StoreCapabilities

  readonly #database: Database
  readonly #name: string
  readonly #schema: string
  readonly #types: EventTypes
  readonly #appends = new GroupCommit<QueuedAppend, AppendResult>((batch) => this.#store(batch))
  #closed = false

  constructor(options: PostgresStoreOptions) {
    checkKeys(options, OPTIONS, 'options')
    const { client, schema = 'eventmill' } = options
    this.#database = databaseOf(client)
    this.#name = schema
    this.#schema = quoted(schema)
    this.#types = new EventTypes(this.#database, this.#schema)
    this.capabilities = Object.freeze({
      // PGlite does not wait for the disk.
      durable: 'waitReady' in client ? 'process' : 'machine',
      multiStream: true,
      push: false,
      commitIds: 'forever',
    })
  }

  /** Creates what the store needs, or brings it to what this release needs. Any number of processes may do so at once. */
  async migrate(): Promise<void> {
    this.#assertOpen()
    await migrate(this.#database, this.#name)
  }

  async append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<AppendResult> {
    this.#assertOpen()
    const checked = checkAppend(appends, options)
    const events = checked.flatMap((append) => append.events)
    const data = events.map((event) => JSON.stringify(event.data))
    return this.#appends.run({
      appends: checked,
      commitId: options?.commitId,
      ids: newIds(events.length),
      data,
      keys: checked.map(({ stream }) => streamKey(stream)),
      size: data.reduce((sum, text) => sum + text.length, 0),
      signal: options?.signal,
    })
  }

  async #store(batch: readonly QueuedAppend[]): Promise<readonly Outcome<AppendResult>[]> {
    const events = batch.flatMap(({ appends }) => appends.flatMap((append) => append.events))
    const values = [
      batchOf(batch),
      await this.#types.keysOf(events),
      batch.flatMap(({ ids }) => ids),
      batch.flatMap(({ data }) => data),
      events.map(({ metadata }) => (Object.keys(metadata).length === 0 ? null : JSON.stringify(metadata))),
    ]
    const [row] = await this.#database.query(
      `select ${this.#schema}.append($1::json, $2::integer[], $3::uuid[], $4::text[], $5::text[]) as answer`,
      values,
    )
    const answer = JSON.parse(String(row?.answer)) as Answer
    return Promise.all(batch.map((append, index) => this.#outcome(append, answer, index)))
  }

  async #outcome(append: Append, answer: Answer, index: number): Promise<Outcome<AppendResult>> {
    try {
      const verdict = answer.verdicts[index]
      if (verdict === undefined) throw new Error('the database has given no verdict on an append')
      if (!('parts' in verdict)) return { result: resultOf(append, answer, index, verdict) }
      const earlier = await this.#commit(verdict.parts)
      return { result: repeatedResult(earlier, append.appends, String(append.commitId)) }
    } catch (error) {
      return { error }
    }
  }

  async findCommit(
    stream: StreamId,
    commitId: string,
    options?: FindCommitOptions,
  ): Promise<AppendResult | undefined> {
    this.#assertOpen()
    const { aggregateType, aggregateId } = checkFindCommit(stream, commitId, options)
    const [row] = await this.#query(
      `select c.parts::text from ${this.#schema}.commits c join ${this.#schema}.streams s using (stream)
       where s.aggregate_type = $1 and s.aggregate_id = $2 and c.commit_id = $3`,
      [aggregateType, aggregateId, commitId],
    )
    return row === undefined ? undefined : this.#commit(JSON.parse(String(row.parts)) as Parts)
  }

  async *readStream(stream: StreamId, options?: ReadStreamOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { stream: checked, ...range } = checkReadStream(stream, options)
    const { aggregateType, aggregateId } = checked
    const [known] = await this.#query(
      `select s.stream, (select coalesce(max(sequence), 0) from ${this.#schema}.events e where e.stream = s.stream) as last
       from ${this.#schema}.streams s where aggregate_type = $1 and aggregate_id = $2`,
      [aggregateType, aggregateId],
    )
    if (known === undefined) return
    const condition = { sql: 'e.stream = $4', values: [known.stream] }
    yield* this.#read(range, Number(known.last), 'sequence', condition)
  }

  async *readAll(options?: ReadAllOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { filter, ...range } = checkReadAll(options)
    const [row] = await this.#query(`select ${this.#schema}.horizon() as horizon`, [])
    yield* this.#read(range, Number(row?.horizon), 'position', conditionOf(filter, 4))
  }

  async head(): Promise<Position> {
    this.#assertOpen()
    const [row] = await this.#query(`select ${this.#schema}.head() as head`, [])
    return Number(row?.head)
  }

  /** Appends that are in flight come to their end; those that wait for their turn fail. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#appends.close(storeClosed())
  }

  /** Leaves out what comes while it reads. Between two pages no connection is held. */
  async *#read(
    { after, upTo, limit, backwards, signal }: CheckedRead,
    end: number,
    place: 'sequence' | 'position',
    condition: { readonly sql: string; readonly values: readonly unknown[] },
  ): AsyncGenerator<DomainEvent, void> {
    const range = { after, upTo: Math.min(upTo, end) }
    let left = limit
    while (left > 0 && range.after < range.upTo) {
      const size = Math.min(left, PAGE)
      const rows = await this.#query(
        `select ${EVENT_COLUMNS} from ${this.#schema}.events e
         join ${this.#schema}.streams s using (stream) join ${this.#schema}.types t using (type)
         where e.${place} > $1 and e.${place} <= $2 and ${condition.sql}
         order by e.${place} ${backwards ? 'desc' : 'asc'} limit $3`,
        [range.after, range.upTo, size, ...condition.values],
      )
      for (const row of rows) {
        signal?.throwIfAborted()
        this.#assertOpen()
        const event = toEvent(row)
        if (backwards) range.upTo = event[place] - 1
        else range.after = event[place]
        yield event
      }
      left -= rows.length
      if (rows.length < size) return
    }
  }

  /** The append that a row of `commits` tells of. */
  async #commit(parts: Parts): Promise<AppendResult> {
    const rows = await this.#database.query(
      `select part.stream as key, s.aggregate_type, s.aggregate_id, e.position, e.sequence, e.id,
         t.source, t.name, t.version, floor(extract(epoch from e.time) * 1000)::bigint as time,
         e.data::text, e.metadata::text
       from unnest($1::bigint[], $2::integer[], $3::integer[]) with ordinality part (stream, first, last, index)
       join ${this.#schema}.streams s using (stream)
       left join ${this.#schema}.events e on e.stream = part.stream and e.sequence between part.first and part.last
       left join ${this.#schema}.types t using (type)
       order by part.index, e.sequence`,
      [
        parts.map(([stream]) => stream),
        parts.map(([, generation, count]) => generation - count + 1),
        parts.map(([, generation]) => generation),
      ],
    )
    const streams = new Map(
      rows.map(({ key, aggregate_type, aggregate_id }) => [
        Number(key),
        { aggregateType: String(aggregate_type), aggregateId: String(aggregate_id) },
      ]),
    )
    return {
      streams: parts.flatMap(([key]) => streams.get(key) ?? []),
      events: rows.filter(({ position }) => position != null).map(toEvent),
      generations: parts.map(([, generation]) => generation),
      repeated: true,
    }
  }

  async #query(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const rows = await this.#database.query(text, values)
    this.#assertOpen()
    return rows
  }

  #assertOpen(): void {
    if (this.#closed) throw storeClosed()
  }
}

function storeClosed(): Error {
  return eventmillError('STORE_CLOSED', 'the store is closed: open another one', {})
}

/** An append that waits to be sent, its payloads as text. */
interface QueuedAppend extends Append, Queued {
  readonly data: readonly string[]
}

const OPTIONS = new Set(['client', 'schema'])

/** So many rows are held at a time. */
const PAGE = 500

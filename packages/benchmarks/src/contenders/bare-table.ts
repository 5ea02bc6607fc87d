import { uuidv7 } from '@eventmill/core/adapter'
import type pg from 'pg'

/**
 * What one would write by hand for speed alone, the baseline of every ratio: one table with the columns and indexes
 * of the store's, and prepared statements. It checks nothing and promises readers nothing.
 */
export class BareTable {
  readonly #pool: pg.Pool
  readonly #schema: string

  constructor(pool: pg.Pool, schema: string) {
    this.#pool = pool
    this.#schema = schema
  }

  async create(): Promise<void> {
    await this.#pool
      .query(`create schema if not exists ${this.#schema}; create table if not exists ${this.#schema}.events (
      position bigserial primary key,
      stream bigint not null,
      sequence integer not null,
      type integer not null,
      id uuid not null,
      correlation_id uuid,
      causation_id uuid,
      commit_id uuid,
      data json not null,
      metadata json,
      unique (stream, sequence)
    )`)
  }

  async insert(stream: number, sequence: number, data: unknown, metadata?: unknown): Promise<void> {
    await this.#pool.query({
      name: 'insert',
      text: `insert into ${this.#schema}.events (stream, sequence, type, id, data, metadata)
        values ($1, $2, 1, $3, $4, $5) returning position`,
      values: [
        stream,
        sequence,
        uuidv7(Date.now()),
        JSON.stringify(data),
        metadata && JSON.stringify(metadata),
      ],
    })
  }

  /** Fills a stream with events of the same payload, in one statement. */
  async fill(stream: number, count: number, data: unknown): Promise<void> {
    await this.#pool.query(
      `insert into ${this.#schema}.events (stream, sequence, type, id, data)
       select $1, n, 1, gen_random_uuid(), $3 from generate_series(1, $2::integer) n`,
      [stream, count, JSON.stringify(data)],
    )
  }

  /** A stream at once. The driver parses payloads with JSON.parse. */
  async stream(stream: number): Promise<readonly unknown[]> {
    const { rows } = await this.#pool.query<{ data: unknown }>({
      name: 'stream',
      text: `select ${COLUMNS} from ${this.#schema}.events where stream = $1 order by sequence`,
      values: [stream],
    })
    return rows
  }

  /** Inserts an event at the end of a stream, and then tells listeners that there is one. */
  async send(stream: number, data: unknown): Promise<void> {
    await this.#pool.query({
      name: 'send',
      text: `insert into ${this.#schema}.events (stream, sequence, type, id, data)
        select $1, 1 + count(*), 1, $2, $3 from ${this.#schema}.events where stream = $1`,
      values: [stream, uuidv7(Date.now()), JSON.stringify(data)],
    })
    await this.#pool.query({ name: 'notify', text: `select pg_notify('${this.#schema}', '')` })
  }

  /** Reads what is behind the last one that was seen, with each notification. Resolves, once it listens, to what ends it. */
  async follow(arrived: (sentAt: number) => void): Promise<() => Promise<void>> {
    const client = await this.#pool.connect()
    let last = 0
    let reading = Promise.resolve()
    const read = async () => {
      const { rows } = await client.query<{ position: string; data: { sentAt?: number } }>({
        name: 'follow',
        text: `select position, data from ${this.#schema}.events where position > $1 order by position`,
        values: [last],
      })
      last = Number(rows.at(-1)?.position ?? last)
      for (const { data } of rows) if (data.sentAt !== undefined) arrived(data.sentAt)
    }
    const look = () => {
      reading = reading.then(read)
    }
    client.on('notification', look)
    await client.query(`listen ${this.#schema}`)
    return async () => {
      client.off('notification', look)
      await reading
      client.release(true)
    }
  }

  /** A stream in pages. */
  streamPages(stream: number): AsyncGenerator<BareRow, void> {
    return this.#pages('sequence', 'stream = $2', [stream])
  }

  /** All events in pages. */
  allPages(): AsyncGenerator<BareRow, void> {
    return this.#pages('position', 'true', [])
  }

  async *#pages(
    place: 'sequence' | 'position',
    condition: string,
    values: readonly unknown[],
  ): AsyncGenerator<BareRow, void> {
    let after: unknown = 0
    for (;;) {
      const { rows } = await this.#pool.query<BareRow>({
        name: `pages by ${place}`,
        text: `select ${COLUMNS} from ${this.#schema}.events where ${place} > $1 and ${condition}
          order by ${place} limit ${PAGE}`,
        values: [after, ...values],
      })
      yield* rows
      if (rows.length < PAGE) return
      after = rows.at(-1)?.[place]
    }
  }
}

/** As the driver gives it, payloads parsed. */
export interface BareRow {
  readonly position: string
  readonly sequence: number
  readonly data: { readonly cents: number }
}

const COLUMNS =
  'position, stream, sequence, type, id, correlation_id, causation_id, commit_id, data, metadata'

const PAGE = 1000

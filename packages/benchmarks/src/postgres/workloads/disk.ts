import { type AppendOptions, type Metadata, type NewEvent } from '@eventmill/core'
import { uuidv7 } from '@eventmill/core/adapter'
import type pg from 'pg'
import { accountStream, deposit, deposited } from '../account.ts'
import { rate } from '../rates.ts'
import { vacuum, withTables } from '../tables.ts'
import { type Bench, type Row, scaled } from '../workload.ts'

/**
 * Bytes for each of 100,000 events in streams of 100, one event an append, as busy streams mix: indexes do not fill up
 * as well as where each stream is written in one go.
 */
export async function* disk(bench: Bench): AsyncGenerator<Row, void> {
  yield await measure(bench, {
    name: 'disk for an event',
    metadata: () => undefined,
    options: () => ({}),
    bar: { atMost: 220 },
  })
  yield await measure(bench, {
    name: 'disk for an event, commit ids, correlation',
    metadata: () => ({ correlationId: uuidv7(Date.now()), causationId: uuidv7(Date.now()) }),
    options: () => ({ commitId: uuidv7(Date.now()) }),
    bar: { atMost: 330 },
  })
}

interface Kind extends Required<Pick<Row, 'name' | 'bar'>> {
  readonly metadata: () => Metadata | undefined
  readonly options: () => AppendOptions
}

function measure(bench: Bench, { name, metadata, options, bar }: Kind): Promise<Row> {
  const streams = scaled(bench, 1_000)
  const count = streams * 100
  return withTables(bench.server, async ({ store, bare, pool, schemas }) => {
    bench.progress(`${name}: filling`)
    await rate(inFlight(streams), count, (index) => {
      const event: NewEvent = { ...deposited, metadata: metadata() }
      const stream = accountStream(index % streams)
      return store.append([{ stream, expected: 'any', events: [event] }], options())
    })
    await rate(inFlight(streams), count, (index) =>
      bare.insert(index % streams, Math.floor(index / streams) + 1, deposit, metadata()),
    )
    return {
      name,
      unit: 'B',
      store: [(await sizeOf(pool, schemas.store)) / count],
      bare: [(await sizeOf(pool, schemas.bare)) / count],
      bar,
    }
  })
}

/** Never two appends to one stream at a time. */
function inFlight(streams: number): number {
  return Math.min(256, streams)
}

/** Of all tables of a schema, with their indexes, after a vacuum. */
async function sizeOf(pool: pg.Pool, schema: string): Promise<number> {
  await vacuum(pool, schema)
  const { rows } = await pool.query<{ size: string }>(
    `select sum(pg_total_relation_size(oid)) as size from pg_class
     where relnamespace = $1::regnamespace and relkind = 'r'`,
    [schema],
  )
  return Number(rows[0]?.size)
}

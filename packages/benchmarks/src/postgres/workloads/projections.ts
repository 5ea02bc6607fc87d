import { defineProjection, type Projection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { accountEvents, accountStream, deposited } from '../account.ts'
import { rate } from '../rates.ts'
import { vacuum, withTables } from '../tables.ts'
import { type Bench, type Row, scaled } from '../workload.ts'

/** 100,000 events into a table, exactly once, at defaults: by a handler of batches, and by one of single events. */
export async function* projections(bench: Bench): AsyncGenerator<Row, void> {
  const streams = scaled(bench, 1_000)
  yield* await withTables(bench.server, async ({ store, pool, schemas }): Promise<readonly Row[]> => {
    bench.progress('projections: filling')
    const events = Array.from({ length: EACH }, () => deposited)
    await rate(16, streams, (stream) =>
      store.append([{ stream: accountStream(stream), expected: 0, events }]),
    )
    await vacuum(pool, schemas.store)
    const head = await store.head()
    const schema = `${schemas.store}_read`
    const target = new PostgresProjectionStore({ client: bench.server.pool({ max: 5 }), schema })
    await target.migrate()

    const measured = async (kind: string, version: (round: number) => Projection<SqlClient>) => {
      const rates: number[] = []
      for (let round = 0; round <= bench.rounds; round++) {
        bench.progress(
          `projections, ${kind}: ${round === 0 ? 'warming up' : `round ${round} of ${bench.rounds}`}`,
        )
        const projection = version(round + 1)
        const running = new Projections(store, { target, projections: [projection] })
        const start = performance.now()
        await running.start()
        await running.waitFor(projection, head, { timeout: 600_000 })
        if (round > 0) rates.push((streams * EACH * 1_000) / (performance.now() - start))
        await running.stop()
      }
      return rates
    }
    const count = (streams * EACH).toLocaleString('en')
    const rows: readonly Row[] = [
      {
        name: `projection, batches, ${count} events`,
        unit: '/s',
        bar: { atLeast: 30_000 },
        store: await measured('batches', (version) => inBatches(schema, version)),
      },
      {
        name: `projection, one by one, ${count} events`,
        unit: '/s',
        store: await measured('one by one', (version) => oneByOne(schema, version)),
      },
    ]
    await pool.query(`drop schema ${schema} cascade`)
    return rows
  })
}

const EACH = 100

function inBatches(schema: string, version: number): Projection<SqlClient> {
  const table = `${schema}.batches_${version}`
  return defineProjection({
    name: 'batches',
    version,
    events: accountEvents,
    create: (sql: SqlClient) => createTable(sql, table),
    handleBatch: async (events, sql) => {
      await sql.query(
        `insert into ${table} (position, account, cents) select * from unnest($1::bigint[], $2::text[], $3::bigint[])`,
        [
          events.map(({ position }) => position),
          events.map(({ aggregateId }) => aggregateId),
          events.map(({ data }) => data.cents),
        ],
      )
    },
  })
}

function oneByOne(schema: string, version: number): Projection<SqlClient> {
  const table = `${schema}.singles_${version}`
  return defineProjection({
    name: 'singles',
    version,
    events: accountEvents,
    create: (sql: SqlClient) => createTable(sql, table),
    handle: {
      Deposited: async ({ position, aggregateId, data }, sql) => {
        await sql.query(`insert into ${table} (position, account, cents) values ($1, $2, $3)`, [
          position,
          aggregateId,
          data.cents,
        ])
      },
    },
  })
}

async function createTable(sql: SqlClient, table: string): Promise<void> {
  await sql.query(
    `create table ${table} (position bigint primary key, account text not null, cents bigint not null)`,
  )
}

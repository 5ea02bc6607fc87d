import { defineProjection, type Projection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import pg from 'pg'
import { accountEvents, accountStream, deposited } from '../contenders/account.ts'
import { vacuum } from '../contenders/databases.ts'
import { withTables } from '../contenders/tables.ts'
import { rate } from '../measuring/rates.ts'
import { type Bench, type Row, scaled, type Workload } from '../workload.ts'

export const projections: Workload = {
  about:
    '100,000 events into a table, exactly once, by a handler of batches and by one of single events, one partition and four',
  run: measure,
}

async function* measure(bench: Bench): AsyncGenerator<Row, void> {
  const streams = scaled(bench, 1_000)
  yield* await withTables(bench.server, async ({ store, url }): Promise<readonly Row[]> => {
    bench.progress('projections: filling')
    const events = Array.from({ length: EACH }, () => deposited)
    await rate(16, streams, (stream) =>
      store.append([{ stream: accountStream(stream), expected: 0, events }]),
    )
    await vacuum({ url })
    const head = await store.head()
    const client = new pg.Pool({ connectionString: url, max: 10 })
    const readSide = new PostgresProjectionStore({ client })
    await readSide.migrate()

    const measured = async (kind: string, version: (round: number) => Projection<SqlClient>) => {
      const rates: number[] = []
      for (let round = 0; round <= bench.rounds; round++) {
        bench.progress(
          `projections, ${kind}: ${round === 0 ? 'warming up' : `round ${round} of ${bench.rounds}`}`,
        )
        const projection = version(round + 1)
        const running = new Projections(store, { into: readSide, projections: [projection] })
        const start = performance.now()
        await running.start()
        await running.waitFor(projection, head, { timeout: 600_000 })
        if (round > 0) rates.push((streams * EACH * 1_000) / (performance.now() - start))
        await running.stop()
      }
      return rates
    }
    const count = (streams * EACH).toLocaleString('en')
    const rows: Row[] = []
    for (const partitions of [1, 4]) {
      const divided = `${count} events, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`
      rows.push(
        {
          name: `projection, batches, ${divided}`,
          unit: '/s',
          bar: { of: 'eventmill', atLeast: 30_000 },
          values: { eventmill: await measured('batches', (version) => inBatches(partitions, version)) },
        },
        {
          name: `projection, one by one, ${divided}`,
          unit: '/s',
          values: { eventmill: await measured('one by one', (version) => oneByOne(partitions, version)) },
        },
      )
    }
    await client.end()
    return rows
  })
}

const EACH = 100

function inBatches(partitions: number, version: number): Projection<SqlClient> {
  const table = `batches_${partitions}_${version}`
  return defineProjection({
    name: `batches ${partitions}`,
    version,
    partitions,
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

function oneByOne(partitions: number, version: number): Projection<SqlClient> {
  const table = `singles_${partitions}_${version}`
  return defineProjection({
    name: `singles ${partitions}`,
    version,
    partitions,
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

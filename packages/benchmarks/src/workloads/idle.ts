import { defineProjection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { accountEvents } from '../contenders/account.ts'
import { withTables } from '../contenders/tables.ts'
import { type Bench, type Row, scaled, type Workload } from '../workload.ts'

export const idle: Workload = {
  about: 'what a runner of one projection in three partitions costs while nothing happens, at defaults',
  run: measure,
}

async function* measure(bench: Bench): AsyncGenerator<Row, void> {
  const milliseconds = scaled(bench, SECONDS * 1_000)
  yield* await withTables(bench.server, async ({ url }): Promise<readonly Row[]> => {
    const pools = [1, 2].map(() => new pg.Pool({ connectionString: url, max: 5 }))
    const [own, other] = pools
    if (own === undefined || other === undefined) return []
    const asked = pools.map(countQueries)
    const store = new PostgresStore({ client: own })
    const readSide = new PostgresProjectionStore({ client: other })
    await readSide.migrate()
    const projection = defineProjection({
      name: 'idle',
      version: 1,
      events: accountEvents,
      partitions: 3,
      handleBatch: () => undefined,
    })
    const running = new Projections(store, { into: readSide, projections: [projection] })
    await running.start()
    bench.progress('idle')
    // What it does at first is not what it does from then on.
    await setTimeout(milliseconds / 4)
    const queries = () => asked.reduce((sum, { count }) => sum + count, 0)
    const [before, cpu, start] = [queries(), process.cpuUsage(), performance.now()]
    await setTimeout(milliseconds)
    const seconds = (performance.now() - start) / 1_000
    const { user, system } = process.cpuUsage(cpu)
    const rows: readonly Row[] = [
      {
        name: 'idle runner, 3 partitions, queries',
        unit: '/s',
        values: { eventmill: [(queries() - before) / seconds] },
        bar: { of: 'eventmill', atMost: 1 },
      },
      {
        name: 'idle runner, CPU for a second',
        unit: 'ms',
        values: { eventmill: [(user + system) / 1_000 / seconds] },
      },
    ]
    await running.stop()
    await store.close()
    for (const pool of pools) await pool.end()
    return rows
  })
}

const SECONDS = 20

/** Counts what is asked over the connections that a pool makes from now on. */
function countQueries(pool: pg.Pool): { readonly count: number } {
  const asked = { count: 0 }
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    Object.assign(client, {
      query: (...args: unknown[]) => {
        asked.count += 1
        return query(...args)
      },
    })
  })
  return asked
}

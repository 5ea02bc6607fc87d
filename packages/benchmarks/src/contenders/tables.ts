import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { type PostgresServer } from '../../../store-postgres/test/postgres-server.ts'
import { BareTable } from './bare-table.ts'
import { withDatabase } from './databases.ts'

/** A store and the baseline, both empty, each with its own connections, in a database of their own. */
export interface Tables {
  readonly store: PostgresStore
  readonly bare: BareTable
  readonly url: string
}

/** Does some work on fresh tables, and drops them after it. */
export function withTables<Result>(
  server: PostgresServer,
  work: (tables: Tables) => Promise<Result>,
): Promise<Result> {
  return withDatabase(server, async (url) => {
    const pools = [poolOf(url), poolOf(url)] as const
    const store = new PostgresStore({ client: pools[0] })
    const bare = new BareTable(pools[1], 'bare')
    try {
      await store.migrate()
      await bare.create()
      return await work({ store, bare, url })
    } finally {
      await store.close()
      for (const pool of pools) await pool.end()
    }
  })
}

function poolOf(url: string): pg.Pool {
  return new pg.Pool({ connectionString: url, max: 16 })
}

import { uuidv7 } from '@eventmill/core/adapter'
import { PostgresStore } from '@eventmill/store-postgres'
import type pg from 'pg'
import { type PostgresServer } from '../../../store-postgres/test/postgres-server.ts'
import { Bare } from './bare.ts'

/** A store and the baseline, both empty, each with its own schema and connections. */
export interface Tables {
  readonly store: PostgresStore
  readonly bare: Bare
  readonly schemas: { readonly store: string; readonly bare: string }
  /** To look after the tables, as an administrator does. */
  readonly pool: pg.Pool
}

/** Does some work on fresh tables, and drops them after it. */
export async function withTables<Result>(
  server: PostgresServer,
  work: (tables: Tables) => Promise<Result>,
): Promise<Result> {
  const name = `bench_${uuidv7(Date.now()).replaceAll('-', '')}`
  const schemas = { store: `${name}_store`, bare: `${name}_bare` }
  const pools = [server.pool({ max: 16 }), server.pool({ max: 16 })] as const
  const store = new PostgresStore({ client: pools[0], schema: schemas.store })
  const bare = new Bare(pools[1], schemas.bare)
  try {
    await store.migrate()
    await bare.create()
    return await work({ store, bare, schemas, pool: pools[1] })
  } finally {
    await store.close()
    await pools[1].query(`drop schema if exists ${schemas.store}, ${schemas.bare} cascade`)
    for (const pool of pools) await pool.end()
  }
}

/** Leaves the tables of a schema as the server leaves them when it is at rest: vacuumed, and known to its planner. */
export async function vacuum(pool: pg.Pool, schema: string): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1`,
    [schema],
  )
  for (const { name } of rows) await pool.query(`vacuum (analyze) ${name}`)
}

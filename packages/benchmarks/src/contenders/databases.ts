import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { type PostgresServer } from '../../../store-postgres/test/postgres-server.ts'
import { attempt, firstLine } from '../measuring/attempt.ts'
import { type Bench } from '../workload.ts'
import { type Contender, type OpenContender } from './contender.ts'

/** A contender on a database of its own. */
export interface Placed {
  readonly contender: Contender
  readonly url: string
  readonly open: OpenContender
}

/** What a contender can do, of what not all can. */
export type Ability = Exclude<keyof OpenContender, 'fill' | 'close'>

/** Does some work with all contenders that are able to, each on a fresh database, and drops these after it. */
export async function withContenders<Result>(
  bench: Pick<Bench, 'server' | 'contenders' | 'failed'>,
  abilities: readonly Ability[],
  work: (placed: readonly Placed[]) => Promise<Result>,
): Promise<Result> {
  const { server, contenders, failed } = bench
  await using placed = new AsyncDisposableStack()
  const able: Placed[] = []
  for (const contender of contenders) {
    const { name } = contender
    const url = await createDatabase(server)
    placed.defer(() => dropDatabase(server, url))
    const open = await attempt(bench, name, () => contender.open(url))
    if (open === undefined) continue
    placed.defer(async () => {
      await open.close().catch((error: unknown) => failed.set(name, failed.get(name) ?? firstLine(error)))
    })
    if (abilities.every((ability) => open[ability] !== undefined)) able.push({ contender, url, open })
  }
  return await work(able)
}

/** Does some work on a fresh database, and drops it after it. */
export async function withDatabase<Result>(
  server: PostgresServer,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const url = await createDatabase(server)
  try {
    return await work(url)
  } finally {
    await dropDatabase(server, url)
  }
}

/** Leaves a database as the server leaves it when it is at rest: vacuumed, and known to its planner. */
export async function vacuum({ url }: Pick<Placed, 'url'>): Promise<void> {
  await query(url, 'vacuum (analyze)')
}

/** The bytes of all tables of a database that are not the server's own, and of their indexes. */
export async function bytesOf({ url }: Pick<Placed, 'url'>): Promise<{ tables: number; indexes: number }> {
  const [row] = await query<{ tables: string; indexes: string }>(
    url,
    `select coalesce(sum(pg_table_size(c.oid)), 0)::text as tables, coalesce(sum(pg_indexes_size(c.oid)), 0)::text as indexes
     from pg_class c join pg_namespace n on n.oid = relnamespace
     where relkind in ('r', 'm') and nspname not in ('pg_catalog', 'information_schema') and nspname not like 'pg_toast%'`,
  )
  return { tables: Number(row?.tables), indexes: Number(row?.indexes) }
}

/** In milliseconds. */
const PATIENCE = 5_000

function connectionsTo(name: string): string {
  return `select from pg_stat_activity where datname = '${name}' limit 1`
}

let databases = 0

async function createDatabase({ url }: PostgresServer): Promise<string> {
  const name = `bench_${process.pid}_${++databases}`
  await query(url, `create database ${name}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

async function dropDatabase({ url }: PostgresServer, own: string): Promise<void> {
  const name = new URL(own).pathname.slice(1)
  // Connections that were ended are still there for a moment, and some clients take it ill to be cut off.
  const deadline = performance.now() + PATIENCE
  while (performance.now() < deadline && (await query(url, connectionsTo(name))).length > 0) {
    await setTimeout(5)
  }
  await query(url, `drop database ${name} with (force)`)
}

async function query<Result extends pg.QueryResultRow>(
  url: string,
  text: string,
): Promise<readonly Result[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<Result>(text)
    return rows
  } finally {
    await client.end()
  }
}

import { type Health, type HorizonHolder } from '../health.ts'
import { type OwnDatabase, type Row, statement } from '../database/database.ts'
import { quoted, REQUIRED_VERSION } from '../schema/migrate.ts'

/** What is known of a schema whatever its version. */
export async function versionStatus(database: OwnDatabase, schema: string, found: number): Promise<string> {
  const [server] = await database.query(statement(`select current_setting('server_version')`))
  return lines([
    ['schema', quoted(schema)],
    ['version', `${found} (this release needs ${REQUIRED_VERSION})`],
    ['server', `PostgreSQL ${String(server?.[0])}`],
  ])
}

/** How far the log of a schema has got, and how much it holds. */
export async function logStatus(database: OwnDatabase, schema: string, health: Health): Promise<string> {
  const tables = await database.query(
    statement(
      `select c.relname, c.reltuples::bigint, pg_size_pretty(pg_total_relation_size(c.oid)),
         pg_size_pretty(sum(pg_total_relation_size(c.oid)) over ())
       from pg_class c
       where c.relkind = 'r' and c.relnamespace = (select oid from pg_namespace where nspname = $1)
       order by pg_total_relation_size(c.oid) desc, c.relname`,
    ),
    [schema],
  )
  return lines([
    ['head', thousands(health.head)],
    ['newest', thousands(health.newest)],
    ['held back', health.horizon === undefined ? 'by nobody' : heldBack(health.horizon)],
    ['streams', estimate(tables, 'streams')],
    ['events', estimate(tables, 'events')],
    ['size', `${tables[0]?.[3] ?? '0'}: ${tables.map(([name, , size]) => `${name} ${size}`).join(', ')}`],
  ])
}

/** The server keeps an estimate, and makes it when it analyzes a table. */
function estimate(tables: readonly Row[], table: string): string {
  const rows = Number(tables.find(([name]) => name === table)?.[1] ?? -1)
  return rows < 0 ? 'not estimated yet: ANALYZE does' : `about ${thousands(rows)}`
}

function heldBack({ position, pid, since, state, application }: HorizonHolder): string {
  const who = pid === undefined ? 'by a prepared transaction' : `by process ${pid}`
  const facts = [
    `${who}, at position ${thousands(position)}`,
    application === undefined || application === '' ? undefined : JSON.stringify(application),
    state,
    since === undefined ? undefined : `since ${since.toISOString()}`,
  ]
  return facts.filter((fact) => fact !== undefined).join(', ')
}

function thousands(count: number): string {
  return count.toLocaleString('en')
}

function lines(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, value]) => `${name.padEnd(10)} ${value}\n`).join('')
}

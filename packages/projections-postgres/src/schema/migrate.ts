import { eventmillError } from '@eventmill/core/adapter'
import { type SqlClient } from '../client.ts'
import { type Transactions } from '../transactions.ts'
import { projections } from './0001-projections.ts'

/** Every migration, in its order. */
const MIGRATIONS: readonly string[] = [projections]

/** A name as SQL takes it, whatever it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The statements that make the tables of a schema, for whoever runs them by hand. */
export function schemaSql(schema: string): string {
  return [...opening(schema), ...MIGRATIONS.flatMap((_, index) => migration(schema, index))].join('\n') + '\n'
}

/** Brings the tables to the newest version. Any number of processes may do so at once. */
export function migrate(transactions: Transactions, schema: string): Promise<void> {
  return transactions.run(async (client) => {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `eventmill projections ${schema}`,
    ])
    const found = await foundVersion(client, schema)
    if (found === 0) await inTurn(client, opening(schema))
    for (let index = found; index < MIGRATIONS.length; index++) {
      await inTurn(client, migration(schema, index))
    }
  })
}

/** Throws `MIGRATION_REQUIRED` where the tables are older than this release. */
export async function checkVersion(client: SqlClient, schema: string): Promise<void> {
  const found = await foundVersion(client, schema)
  if (found >= MIGRATIONS.length) return
  const message = `the schema ${quoted(schema)} of the projections is at version ${found}, and this release needs ${MIGRATIONS.length}: run migrate()`
  throw eventmillError('MIGRATION_REQUIRED', message, { found, required: MIGRATIONS.length })
}

async function foundVersion(client: SqlClient, schema: string): Promise<number> {
  const table = `${quoted(schema)}.migrations`
  const known = await client.query('select to_regclass($1)::text as name', [table])
  if ((known.rows[0] as { name: string | null }).name === null) return 0
  const found = await client.query(`select coalesce(max(version), 0) as version from ${table}`)
  return Number((found.rows[0] as { readonly version: unknown }).version)
}

function opening(schema: string): readonly string[] {
  const name = quoted(schema)
  return [
    `create schema if not exists ${name};`,
    `create table if not exists ${name}.migrations (version integer primary key, time timestamptz not null default now());`,
  ]
}

/** One statement each: a driver may take no more at a time. */
function migration(schema: string, index: number): readonly string[] {
  const name = quoted(schema)
  const statements = (MIGRATIONS[index] ?? '').trim().split(/(?<=;)\n/)
  return [
    ...statements.map((statement) => statement.replaceAll('$schema', () => name)),
    `insert into ${name}.migrations (version) values (${index + 1});`,
  ]
}

async function inTurn(client: SqlClient, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.query(statement)
}

import { type Database } from './client.ts'
import { events } from './migrations/0001-events.ts'

/** Every migration, in its order. `$schema` stands for the quoted name of the schema. */
const MIGRATIONS: readonly string[] = [events]

/** The version of the schema that this release works with. */
export const REQUIRED_VERSION: number = MIGRATIONS.length

/** A name as SQL takes it, whatever it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The version that the schema is at; 0 where nothing is there yet. */
export async function foundVersion(database: Database, schema: string): Promise<number> {
  const table = `${quoted(schema)}.migrations`
  const [known] = await database.query('select to_regclass($1)::text as name', [table])
  if (known?.name == null) return 0
  const [row] = await database.query(`select coalesce(max(version), 0) as version from ${table}`)
  return Number(row?.version ?? 0)
}

/** The statements that bring a schema from one version to the newest, for whoever runs them by hand. */
export function migrationSql(schema: string, found: number): string {
  const name = quoted(schema)
  const missing = MIGRATIONS.slice(found).map(
    (migration, index) =>
      `${inSchema(migration, name)}insert into ${name}.migrations (version) values (${found + index + 1});\n`,
  )
  return [
    `create schema if not exists ${name};\n`,
    `create table if not exists ${name}.migrations (version integer primary key, time timestamptz not null default now());\n`,
    ...missing,
  ].join('\n')
}

/** Within a text in quotes, the quotes of a name are doubled. */
function inSchema(sql: string, name: string): string {
  return sql
    .replaceAll("'$schema.", () => `'${name.replaceAll("'", "''")}.`)
    .replaceAll('$schema', () => name)
}

/** Brings the schema to the newest version. Any number of processes may do so at once. */
export async function migrate(database: Database, schema: string): Promise<void> {
  if ((await foundVersion(database, schema)) >= REQUIRED_VERSION) return
  // One after the other: whoever comes second finds it done.
  const lock = `select pg_advisory_xact_lock(hashtextextended('eventmill ${schema.replaceAll("'", "''")}', 0));`
  for (let found = await foundVersion(database, schema); found < REQUIRED_VERSION;) {
    try {
      await database.script(`${lock}\n${migrationSql(schema, found)}`)
    } catch (error) {
      const now = await foundVersion(database, schema)
      if (now === found) throw error
    }
    found = await foundVersion(database, schema)
  }
}

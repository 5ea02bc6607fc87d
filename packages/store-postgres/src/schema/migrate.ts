import { eventmillError } from '@eventmill/core/adapter'
import { type Database, type OwnDatabase, statement } from '../database/database.ts'
import { toldMigrating } from '../errors.ts'
import { events } from './0001-events.ts'
import { snapshots } from './0002-snapshots.ts'
import { checkServer } from './server.ts'

/** Every migration, in its order. `$schema` stands for the quoted name of the schema. */
const MIGRATIONS: readonly string[] = [events, snapshots]

/** The version of the schema that this release works with. It works with later ones as well. */
export const REQUIRED_VERSION: number = MIGRATIONS.length

/** A name as SQL takes it, whatever it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as SQL takes it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The version that the schema is at; 0 where nothing is there yet. */
export async function foundVersion(database: Database, schema: string): Promise<number> {
  const table = `${quoted(schema)}.migrations`
  const [known] = await database.query(statement('select to_regclass($1)::text'), [table])
  if (known?.[0] == null) return 0
  const [row] = await database.query(statement(`select coalesce(max(version), 0) from ${table}`))
  return Number(row?.[0] ?? 0)
}

/** Throws `MIGRATION_REQUIRED` for a version that is too old. */
export function checkVersion(found: number, schema: string): void {
  if (found >= REQUIRED_VERSION) return
  const message = `the schema ${quoted(schema)} is at version ${found}, and this release needs ${REQUIRED_VERSION}: run migrate(), or eventmill-postgres migrate`
  throw eventmillError('MIGRATION_REQUIRED', message, { found, required: REQUIRED_VERSION })
}

/** The statements that bring a schema from one version to the newest, for whoever runs them by hand. */
export function migrationSql(schema: string, found: number): string {
  const name = quoted(schema)
  const missing = MIGRATIONS.slice(found).map(
    (migration, index) =>
      `${inSchema(migration, schema)}\ninsert into ${name}.migrations (version) values (${found + index + 1});\n`,
  )
  return [
    `create schema if not exists ${name};\n`,
    `create table if not exists ${name}.migrations (version integer primary key, time timestamptz not null default now());\n`,
    ...missing,
  ].join('\n')
}

/** Brings the schema to the newest version. Any number of processes may do so at once. */
export async function migrate(database: OwnDatabase, schema: string): Promise<void> {
  try {
    await bringToNewest(database, schema)
  } catch (error) {
    throw toldMigrating(error)
  }
}

async function bringToNewest(database: OwnDatabase, schema: string): Promise<void> {
  await checkServer(database)
  for (let found = await foundVersion(database, schema); found < REQUIRED_VERSION;) {
    try {
      // One after the other. Whoever comes second finds it done, and fails on what is there already.
      const lock = `select pg_advisory_xact_lock(hashtextextended(${literal(`eventmill ${schema}`)}, 0));`
      await database.script(`${lock}\n${migrationSql(schema, found)}`)
    } catch (error) {
      const now = await foundVersion(database, schema)
      if (now === found) throw error
    }
    found = await foundVersion(database, schema)
  }
}

/** Within a text in quotes, the quotes of a name are doubled; a body in dollars ends at nothing that a name may hold. */
function inSchema(sql: string, schema: string): string {
  const name = quoted(schema)
  const marks: { readonly [mark: string]: string } = {
    $body$: bodyMark(name),
    "'$schema.": `'${name.replaceAll("'", "''")}.`,
    $schema: name,
  }
  // All at once: a name may hold a mark.
  return sql.replace(/\$body\$|'\$schema\.|\$schema/g, (mark) => marks[mark] ?? mark)
}

function bodyMark(name: string): string {
  for (let number = 0; ; number++) {
    const mark = number === 0 ? '$body$' : `$body${number}$`
    if (!name.includes(mark)) return mark
  }
}

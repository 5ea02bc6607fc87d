import { eventmillError } from '@eventmill/core'
import { type Database, statement } from '../database/database.ts'
import { checkVersion, foundVersion, literal, quoted } from './migrate.ts'

/**
 * Whether the store can work on this database: PostgreSQL 15 or newer, no standby, migrated, and its sequence as it was
 * made. Throws `MIGRATION_REQUIRED` or `STORE_REFUSED`.
 */
export async function checkDatabase(database: Database, schema: string): Promise<void> {
  const [server] = await database.query(
    statement(
      `select current_setting('server_version_num')::integer, pg_is_in_recovery()::text, current_setting('server_encoding')`,
    ),
  )
  const [version, standby, encoding] = server ?? []
  if (Number(version) < 150_000) throw refused(`this is PostgreSQL ${String(version)}: use 15 or newer`)
  if (standby === 'true') {
    throw refused('this is a standby, which does not know what is in flight: connect to the primary')
  }
  if (encoding !== 'UTF8') {
    throw refused(
      `the encoding of the database is ${String(encoding)}, which cannot hold all text: create it with UTF8`,
    )
  }
  checkVersion(await foundVersion(database, schema), schema)
  const name = quoted(schema)
  const [sequence] = await database.query(
    statement(
      `select (seqcache = 1 and seqincrement = 1 and not seqcycle)::text,
         ((select max(position) from ${name}.events) > ${name}.last_position())::text
       from pg_sequence where seqrelid = ${literal(`${name}.positions`)}::regclass`,
    ),
  )
  const [unchanged, behind] = sequence ?? []
  if (unchanged !== 'true') {
    throw refused(
      `the sequence ${name}.positions was altered: give it INCREMENT 1, CACHE 1 and NO CYCLE again`,
    )
  }
  if (behind === 'true') {
    throw refused(
      `the sequence ${name}.positions is behind the events: set it to the highest position with setval()`,
    )
  }
}

function refused(message: string): Error {
  return eventmillError('STORE_REFUSED', message, { sqlState: undefined })
}

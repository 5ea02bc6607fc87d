import { type Database, statement } from '../database/database.ts'
import { checkVersion, foundVersion, literal, quoted } from './migrate.ts'
import { checkServer, refused } from './server.ts'

/**
 * Whether the store can work on this database: a server that it knows, migrated, and its sequence as it was made.
 * Throws `MIGRATION_REQUIRED` or `STORE_REFUSED`.
 */
export async function checkDatabase(database: Database, schema: string): Promise<void> {
  await checkServer(database)
  checkVersion(await foundVersion(database, schema), schema)
  const name = quoted(schema)
  const positions = `${name}.positions`
  const [sequence] = await database.query(
    statement(
      `select (seqcache = 1 and seqincrement = 1 and not seqcycle)::text,
         ((select max(position) from ${name}.events) > ${name}.last_position())::text,
         has_sequence_privilege(seqrelid, 'usage, select')::text
       from pg_sequence where seqrelid = ${literal(positions)}::regclass`,
    ),
  )
  const [unchanged, behind, readable] = sequence ?? []
  if (unchanged !== 'true') {
    throw refused(
      `the sequence ${positions} was altered: run alter sequence ${positions} increment 1 cache 1 no cycle`,
    )
  }
  if (readable !== 'true') {
    throw refused(
      `the user may not read the sequence ${positions}, and would find no event: run grant usage on sequence ${positions}`,
    )
  }
  if (behind === 'true') {
    throw refused(
      `the sequence ${positions} is behind the events: run select setval(${literal(positions)}, max(position)) from ${name}.events`,
    )
  }
}

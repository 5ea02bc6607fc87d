import { eventmillError } from '@eventmill/core/adapter'
import { type Database, statement } from '../database/database.ts'

/** Whether the store can work on this server: PostgreSQL 15 or newer, no standby. Throws `STORE_REFUSED`. */
export async function checkServer(database: Database): Promise<void> {
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
}

/** Says what to do. */
export function refused(message: string): Error {
  return eventmillError('STORE_REFUSED', message, { sqlState: undefined })
}

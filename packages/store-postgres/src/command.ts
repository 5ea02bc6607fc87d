#!/usr/bin/env node
import { EventmillError } from '@eventmill/core'
import { type Arguments, argumentsOf } from './command/arguments.ts'
import { BadInput } from './command/bad-input.ts'
import { type Connection, withDatabase } from './command/connection.ts'
import { printableSql } from './command/sql.ts'
import { logStatus, versionStatus } from './command/status.ts'
import { PostgresStore } from './postgres-store.ts'
import { checkVersion, foundVersion, migrate, quoted } from './schema/migrate.ts'

const HELP = `Usage: eventmill-postgres <migrate | sql | status> [options]

  migrate             creates what the event store needs, or brings it to what this release needs
  sql                 prints the SQL that migrate would run; where no database is named, from nothing
  status              tells the version, how far the log has got, who holds it back, and its size

  --url <url>         the database: postgres://user:password@host:5432/database; default: DATABASE_URL
  --schema <name>     the schema in it; default: eventmill
  --from <version>    of sql: from this version, whatever a database is at
  --help              show this

Needs the driver pg in the project that it runs in. What the URL leaves out it takes from PGUSER, PGPASSWORD and so on.
Ends with 0 where all is well, with 1 where a migration is required or the database does not let it, and with 2 where
it was not asked for what it can do.
`

// Whoever reads the output may have seen enough.
process.stdout.on('error', () => undefined)
process.exitCode = await main(process.argv.slice(2)).catch(failed)

async function main(args: readonly string[]): Promise<number> {
  const wanted = argumentsOf(args, process.env)
  const { task, url, schema, from } = wanted
  if (task === 'help') print(HELP)
  else if (task === 'sql' && (from !== undefined || url === undefined)) print(printableSql(schema, from ?? 0))
  else if (url === undefined) throw new BadInput('no database is named: set DATABASE_URL, or give --url')
  else await withDatabase(url, (connection) => run(wanted, connection))
  return 0
}

async function run({ task, schema }: Arguments, { database, pool }: Connection): Promise<void> {
  const found = await foundVersion(database, schema)
  if (task === 'sql') {
    print(printableSql(schema, found))
    return
  }
  if (task === 'migrate') {
    await migrate(database, schema)
    const now = await foundVersion(database, schema)
    const done = now === found ? `is at version ${now} already` : `went from version ${found} to ${now}`
    print(`the schema ${quoted(schema)} ${done}\n`)
    return
  }
  print(await versionStatus(database, schema, found))
  checkVersion(found, schema)
  const store = new PostgresStore({ client: pool, schema, prepare: false })
  try {
    print(await logStatus(database, schema, await store.health()))
  } finally {
    await store.close()
  }
}

function print(text: string): void {
  process.stdout.write(text)
}

/** Anything but what somebody can mend is a mistake of this command, to be reported with its stack. */
function failed(error: unknown): number {
  const { message = String(error), stack = message } = error instanceof Error ? error : {}
  const foreseen = error instanceof BadInput || error instanceof EventmillError
  process.stderr.write(`${foreseen ? message.replaceAll('\n', ' ') : stack}\n`)
  return error instanceof BadInput ? 2 : 1
}

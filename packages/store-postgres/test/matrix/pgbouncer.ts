import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort, type PostgresServer } from '../postgres-server.ts'

/** A pooler between clients and a server. */
export interface Pgbouncer {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

/** Whether there is one on this machine: npm has none. */
export const pgbouncerInstalled: boolean = spawnSync('pgbouncer', ['--version']).status === 0

/** One that lends a connection to the server for a transaction, and then to somebody else. */
export async function startPgbouncer(server: PostgresServer): Promise<Pgbouncer> {
  const { hostname, port: serverPort, username, password, pathname } = new URL(server.url)
  const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'))
  const port = await freePort()
  const users = join(folder, 'users.txt')
  writeFileSync(users, `"${username}" "${password}"\n`)
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(
    file,
    `[databases]
${pathname.slice(1)} = host=${hostname} port=${serverPort} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = 40
max_client_conn = 1000
`,
  )
  // It refuses to run as root, and changes to another user by itself, who has to get through.
  chmodSync(folder, 0o755)
  const user = userInfo().uid === 0 ? ['-u', 'postgres'] : []
  const pooler = spawn('pgbouncer', ['-q', ...user, file], { stdio: 'ignore' })
  const ended = once(pooler, 'exit')
  while (!(await answers(port))) {
    if (pooler.exitCode !== null) throw new Error(`pgbouncer ended with ${pooler.exitCode}`)
    await setTimeout(10)
  }
  return {
    host: '127.0.0.1',
    port,
    stop: async () => {
      pooler.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

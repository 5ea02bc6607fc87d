import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { postgresFixture } from './postgres-fixture.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop(), 60_000)

let schemas = 0

eventStoreConformance({
  describe,
  it,
  name: 'PostgresStore on a server',
  fixture: () => postgresFixture(server, `rule "${++schemas}" of 'many'`),
})

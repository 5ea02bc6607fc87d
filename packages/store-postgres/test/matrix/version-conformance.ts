import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { postgresFixture } from '../postgres-fixture.ts'
import { type PostgresServer, startThrowaway } from '../postgres-server.ts'
import { type Binaries, installPostgres } from './postgres-versions.ts'

/** The whole contract on a server of a major version. */
export function versionConformance(version: 15 | 16 | 17): void {
  let binaries: Binaries
  let server: PostgresServer
  beforeAll(async () => {
    binaries = await installPostgres(version)
    server = await startThrowaway({ Postgres: binaries.postgres })
  }, 300_000)
  afterAll(async () => {
    await server.stop()
    binaries.remove()
  }, 60_000)

  test(`the server is PostgreSQL ${version}`, async () => {
    const { rows } = await server.pool().query<{ server_version: string }>('show server_version')
    expect(rows[0]?.server_version).toMatch(new RegExp(`^${version}\\.`))
  })

  let schemas = 0
  eventStoreConformance({
    describe,
    it,
    name: `PostgresStore on PostgreSQL ${version}`,
    fixture: () => postgresFixture(server, `rule "${++schemas}" of 'many'`),
  })
}

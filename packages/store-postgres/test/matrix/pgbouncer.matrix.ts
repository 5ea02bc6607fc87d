import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals'
import { eventStoreConformance } from '@eventmill/store-conformance'
import { PostgresStore } from '@eventmill/store-postgres'
import { postgresFixture } from '../postgres-fixture.ts'
import { type PostgresServer, startThrowaway } from '../postgres-server.ts'
import { type Pgbouncer, pgbouncerInstalled, startPgbouncer } from './pgbouncer.ts'

const title = 'PostgresStore through PgBouncer, which shares connections by transaction'

if (!pgbouncerInstalled) {
  // eslint-disable-next-line @typescript-eslint/no-empty-function -- there is nothing to run
  test.skip(`${title} (pgbouncer is not installed)`, () => {})
} else {
  let server: PostgresServer
  let pooler: Pgbouncer
  beforeAll(async () => {
    server = await startThrowaway()
    pooler = await startPgbouncer(server)
  }, 60_000)
  afterAll(async () => {
    await pooler.stop()
    await server.stop()
  }, 60_000)

  let schemas = 0
  eventStoreConformance({
    describe,
    it,
    name: title,
    fixture: () => postgresFixture(server, `rule "${++schemas}" of 'many'`, pooler),
  })

  test('a store polls where no notification comes through', async () => {
    const { host, port } = pooler
    const store = new PostgresStore({ client: server.pool({ host, port }), prepare: false })
    await store.migrate()
    const event = { source: 'urn:x:test', type: 'Tested', version: 1, data: {} }
    const stream = { aggregateType: 'Test', aggregateId: 'polled' }
    const waited = store.waitForAppend(0, AbortSignal.timeout(10_000))
    await store.append([{ stream, expected: 0, events: [event] }])
    await waited
    expect((await store.health()).push).toBe('polling')
    await store.close()
  })
}

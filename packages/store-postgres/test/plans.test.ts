import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PostgresStore } from '@eventmill/store-postgres'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { to } from './session.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

// PostgreSQL makes five plans for the values at hand before it looks whether one for all values would do as well.
test('no statement is planned anew each time, however often it runs', async () => {
  const pool = server.pool({ max: 1 })
  const store = new PostgresStore({ client: pool, schema: 'plans' })
  await store.migrate()
  const often = Array.from({ length: 20 }, (_, index) => `stream ${index}`)
  for (const id of often) {
    const after = await store.head()
    await store.append([to(id), to(`another ${id}`)], { commitId: id })
    await store.append([to(id), to(`another ${id}`)], { commitId: id })
    const { stream } = to(id)
    await store.findCommit(stream, id)
    await Array.fromAsync(store.readStream(stream))
    await Array.fromAsync(store.readStream(stream, { backwards: true, limit: 1 }))
    await Array.fromAsync(store.readAll({ after }))
    await Array.fromAsync(store.readAll({ after, backwards: true, limit: 5 }))
    for (const item of [{ types: ['Tested'] }, { source: 'urn:x:test' }, { aggregateTypes: ['Test'] }]) {
      await Array.fromAsync(store.readAll({ after, filter: [item] }))
    }
    await store.snapshots.load(stream, 1)
    await store.health()
  }
  const kept = (condition: string) =>
    pool.query(`select statement from pg_prepared_statements where ${condition}`)
  expect((await kept('generic_plans < custom_plans and custom_plans > 5')).rows).toEqual([])
  expect((await kept('generic_plans > 10')).rows.length).toBeGreaterThan(8)
  await store.close()
  await pool.query('drop schema plans cascade')
})

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { startBlackHole } from '../../../store-postgres/test/black-hole.ts'
import { type PostgresServer, startPostgres } from '../../../store-postgres/test/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

test('a connection over which no answer comes is given up after ten seconds, and another one is had', async () => {
  const hole = await startBlackHole(server)
  const client = server.pool({ host: '127.0.0.1', port: hole.port, max: 5 })
  const store = new PostgresProjectionStore({ client })
  await store.migrate()
  const version = { name: 'words', version: 1 }
  await store.prepare(version, [0], { create: async () => undefined, serve: async () => undefined })
  const [claim] = await store.claim('a', [version], 60_000)
  if (claim === undefined) throw new Error('nothing is claimed')

  hole.swallows = true
  const start = performance.now()
  await expect(store.commit(claim, 1, async () => undefined)).rejects.toMatchObject({
    code: 'STORE_UNREACHABLE',
  })
  expect(performance.now() - start).toBeLessThan(15_000)

  hole.swallows = false
  await store.commit(claim, 1, async () => undefined)
  await client.end()
  await hole.close()
}, 60_000)

test('a connection that the pool gives too late goes back to it', async () => {
  const client = server.pool({ max: 1 })
  const store = new PostgresProjectionStore({ client })
  await store.migrate()
  const busy = await client.connect()
  const waiting = [store.states(['words']), store.states(['words'])]
  for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' })
  busy.release()
  expect(await store.states(['words'])).toMatchObject([{ version: 1 }])
  expect([client.totalCount, client.idleCount, client.waitingCount]).toEqual([1, 1, 0])
}, 60_000)

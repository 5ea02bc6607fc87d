import { PGlite } from '@electric-sql/pglite'
import { expect, test } from '@jest/globals'
import { PostgresStore } from '@eventmill/store-postgres'
import { to } from './session.ts'

test('a PGlite that is closed before its store is told at once', async () => {
  const client = await PGlite.create()
  const store = new PostgresStore({ client })
  await store.migrate()
  await store.append([to('a')])
  await client.close()
  const told = {
    code: 'STORE_REFUSED',
    message: expect.stringContaining('close the store before its client'),
  }
  await expect(store.append([to('a')])).rejects.toMatchObject(told)
  await expect(store.head()).rejects.toMatchObject(told)
  await store.close()
})

test('a PGlite that is long in a transaction of somebody else is waited for until the timeout, and no longer', async () => {
  const client = await PGlite.create()
  const store = new PostgresStore({ client, timeouts: { operation: 60, statement: 20 } })
  await store.migrate()
  await store.append([to('a')])
  const done = Promise.withResolvers<undefined>()
  const open = client.transaction(() => done.promise)
  await expect(store.head()).rejects.toHaveProperty('code', 'STORE_UNREACHABLE')
  await expect(store.append([to('a')])).rejects.toHaveProperty('code', 'APPEND_OUTCOME_UNKNOWN')
  await expect(Array.fromAsync(store.readAll({ signal: AbortSignal.timeout(1) }))).rejects.toThrow('timeout')
  done.resolve(undefined)
  await open
  // It was on its way, once.
  expect(await store.head()).toBe(2)
  await store.close()
  await client.close()
  // A PGlite takes seconds to begin on a busy machine.
}, 30_000)

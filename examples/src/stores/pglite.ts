import { type EventStore } from '@eventmill/core'
import { PostgresStore } from '@eventmill/store-postgres'

/** PostgreSQL within this process, its data in memory. */
export async function openPglite(opened: AsyncDisposableStack): Promise<EventStore> {
  // Only here: it takes a while to load.
  const { PGlite } = await import('@electric-sql/pglite')
  const client = new PGlite()
  opened.defer(() => client.close())
  const store = new PostgresStore({ client })
  await store.migrate()
  return store
}

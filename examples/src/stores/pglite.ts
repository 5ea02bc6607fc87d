import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { type OpenedStore } from './with-store.ts'

/** PostgreSQL within this process, its data in memory. */
export async function openPglite(taken: AsyncDisposableStack): Promise<OpenedStore> {
  // Only here: it takes a while to load.
  const { PGlite } = await import('@electric-sql/pglite')
  const client = new PGlite()
  taken.defer(() => client.close())
  const store = new PostgresStore({ client })
  await store.migrate()
  return { store, database: { client, projectionStore: new PostgresProjectionStore({ client }) } }
}

import { type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { PostgresStore } from '@eventmill/store-postgres'

/** A store, and what ends it. */
export interface OpenStore {
  readonly store: EventStore
  readonly close: () => Promise<void>
}

/** On the server at this URL; within the process where it is `pglite:` and a folder; otherwise in memory. */
export async function openStore(url: string | undefined): Promise<OpenStore> {
  if (url === undefined) {
    const store = new InMemoryStore()
    return { store, close: () => store.close() }
  }
  const { client, end } = url.startsWith('pglite:') ? await openPglite(url.slice(7)) : await openPool(url)
  const store = new PostgresStore({ client })
  await store.migrate()
  return {
    store,
    close: async () => {
      await store.close()
      await end()
    },
  }
}

// Each driver is loaded only where it is used, so that it need not be installed elsewhere.
async function openPglite(folder: string) {
  const { PGlite } = await import('@electric-sql/pglite')
  const { lockFolder } = await import('./lock-folder.ts')
  // Without a folder it is in memory, which no other process gets at.
  const unlock = folder === '' ? undefined : lockFolder(folder)
  const client = await PGlite.create(folder)
  return {
    client,
    end: async () => {
      await client.close()
      unlock?.()
    },
  }
}

async function openPool(connectionString: string) {
  const { default: pg } = await import('pg')
  const client = new pg.Pool({ connectionString })
  return { client, end: () => client.end() }
}

import { type EventStore } from '@eventmill/core'
import { type PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { InMemoryStore } from '@eventmill/store-memory'
import { type StoreName } from './choose-store.ts'
import { untilInterrupted } from './interrupted.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

/** What an example runs on: an empty store, and the database that it is in, where it is in one. */
export interface OpenedStore {
  readonly store: EventStore
  readonly database?: Database
}

/** PostgreSQL, for what an example keeps beside its events. */
export interface Database {
  /** Tables that it makes, without the name of a schema, are gone at the end as well. */
  readonly client: SqlClient
  /** For projections into such tables. To be migrated first. */
  readonly projectionStore: PostgresProjectionStore
}

/**
 * Opens a store for as long as it is used. Everything that it took is stopped and removed at the end, also where the use
 * fails, or this process is told to end: then it rejects with `Interrupted`.
 */
export async function withStore<Result>(
  name: StoreName,
  use: (opened: OpenedStore) => Promise<Result>,
): Promise<Result> {
  await using taken = new AsyncDisposableStack()
  // From here on, so that what is half open is closed as well.
  const interrupted = untilInterrupted(taken)
  const opened = await OPEN[name](taken)
  taken.defer(() => opened.store.close())
  return await Promise.race([interrupted, use(opened)])
}

/** Each opens a store, and leaves on the stack what closes and removes the rest of what it took. */
const OPEN: { readonly [name in StoreName]: (taken: AsyncDisposableStack) => Promise<OpenedStore> } = {
  memory: async () => ({ store: new InMemoryStore() }),
  pglite: openPglite,
  postgres: openPostgres,
}

import { type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { type StoreName } from './choose-store.ts'
import { untilInterrupted } from './interrupted.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'

/**
 * Opens an empty store for as long as it is used. Everything that it took is stopped and removed at the end, also where
 * the use fails, or this process is told to end: then it rejects with `Interrupted`.
 */
export async function withStore<Result>(
  name: StoreName,
  use: (store: EventStore) => Promise<Result>,
): Promise<Result> {
  await using opened = new AsyncDisposableStack()
  // From here on, so that what is half open is closed as well.
  const interrupted = untilInterrupted(opened)
  const store = await OPEN[name](opened)
  opened.defer(() => store.close())
  return await Promise.race([interrupted, use(store)])
}

/** Each opens a store, and leaves on the stack what closes and removes the rest of what it took. */
const OPEN: { readonly [name in StoreName]: (opened: AsyncDisposableStack) => Promise<EventStore> } = {
  memory: async () => new InMemoryStore(),
  pglite: openPglite,
  postgres: openPostgres,
}

import { type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'

// Where events are kept: in memory, until the process ends.
export async function openStore(): Promise<{ store: EventStore; close: () => Promise<void> }> {
  const store = new InMemoryStore()
  return { store, close: () => store.close() }
}

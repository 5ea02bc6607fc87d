import { InMemoryProjectionStore } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'
import { type Shipments } from './shipments.memory.ts'

// Where events and read models are kept: in memory, until the process ends.
export async function openStore() {
  const store = new InMemoryStore()
  const readModels: Shipments = new Map()
  const readSide = new InMemoryProjectionStore(readModels)
  return { store, readSide, readModels, close: () => store.close() }
}

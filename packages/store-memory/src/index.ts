export { InMemorySnapshotStore } from './in-memory-snapshot-store.ts'
export { InMemoryStore, type InMemoryStoreOptions } from './in-memory-store.ts'

export { PostgresStore, type PostgresStoreOptions } from './postgres-store.ts'
export { type Pglite, type PgPool } from './client.ts'

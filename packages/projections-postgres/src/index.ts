export { inline, type InlineOptions, type TransactionalStore } from './inline.ts'
export { PostgresProjectionStore, type PostgresProjectionStoreOptions } from './postgres-projection-store.ts'
export { schemaSql } from './schema/migrate.ts'
export { type PgClient, type Pglite, type PgPool, type SqlClient } from './client.ts'

export { PostgresStore } from './postgres-store.ts'
export { type PostgresStoreOptions } from './options.ts'
export { type Timeouts } from './database/patience.ts'
export { type Health, type HorizonHolder } from './health.ts'
export { type Load } from './group-commit.ts'
export { type PoolLoad } from './database/database.ts'
export { type Reader } from './push.ts'
export {
  type PgClient,
  type PgPool,
  type PgQuery,
  type PgTransaction,
  type Pglite,
  type PgliteTransaction,
} from './database/client.ts'

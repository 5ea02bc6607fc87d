import { type Database } from '../stores/with-store.ts'
import { inMemoryReadModels } from './in-memory-read-models.ts'
import { postgresReadModels } from './postgres-read-models.ts'
import { type ReadModels } from './read-models.ts'

/** The read models are in the database of the events, where these have one, and in memory otherwise. */
export async function withReadModels<Result>(
  database: Database | undefined,
  use: <Target>(readModels: ReadModels<Target>) => Promise<Result>,
): Promise<Result> {
  return database === undefined ? use(inMemoryReadModels()) : use(await postgresReadModels(database))
}

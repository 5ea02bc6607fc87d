import { differentialRun, modelRun } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'
import { SqliteStore } from './sqlite-store.ts'

await modelRun(new SqliteStore('model.db'), { runs: 1_000 })
await differentialRun(new SqliteStore('rival.db'), new InMemoryStore(), { runs: 1_000 })

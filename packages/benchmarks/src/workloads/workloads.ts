import { type Workload } from '../workload.ts'
import { appendExisting } from './append-existing.ts'
import { appendFresh } from './append-fresh.ts'
import { cacheMemory } from './cache-memory.ts'
import { catchUpInMemory } from './catch-up-in-memory.ts'
import { catchUp } from './catch-up.ts'
import { commands } from './commands.ts'
import { disk } from './disk.ts'
import { dispatchInMemory } from './dispatch-in-memory.ts'
import { growth } from './growth.ts'
import { idle } from './idle.ts'
import { install } from './install.ts'
import { latency } from './latency.ts'
import { projections } from './projections.ts'
import { rebuild } from './rebuild.ts'
import { snapshotLoad } from './snapshot-load.ts'
import { writers } from './writers.ts'

/** All workloads, by the names that one says to run them. */
export const workloads: ReadonlyMap<string, Workload> = new Map(
  Object.entries({
    'append-fresh': appendFresh,
    'append-existing': appendExisting,
    commands,
    rebuild,
    'snapshot-load': snapshotLoad,
    'catch-up': catchUp,
    latency,
    projections,
    idle,
    disk,
    writers,
    growth,
    install,
    'dispatch-in-memory': dispatchInMemory,
    'catch-up-in-memory': catchUpInMemory,
    'cache-memory': cacheMemory,
  }),
)

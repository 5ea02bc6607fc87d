import { type Workload } from '../workload.ts'
import { appendExisting } from './append-existing.ts'
import { appendFresh } from './append-fresh.ts'
import { catchUp } from './catch-up.ts'
import { commands } from './commands.ts'
import { disk } from './disk.ts'
import { idle } from './idle.ts'
import { latency } from './latency.ts'
import { projections } from './projections.ts'
import { rebuild } from './rebuild.ts'
import { snapshotLoad } from './snapshot-load.ts'

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
  }),
)

import { type Workload } from '../workload.ts'
import { appendFresh } from './append-fresh.ts'
import { commands } from './commands.ts'

/** All workloads, by the names that one says to run them. */
export const workloads: ReadonlyMap<string, Workload> = new Map(
  Object.entries({
    'append-fresh': appendFresh,
    commands,
  }),
)

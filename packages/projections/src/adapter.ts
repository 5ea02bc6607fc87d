// What stores for projections are written with.

export { claimLost } from './errors.ts'
export { checkNotDropped, checkPartitions, isLost, stillRuns, stillServes } from './version-rules.ts'

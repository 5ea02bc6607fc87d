// What stores for projections are written with.

export { claimLost } from './errors.ts'
export { checkNotDropped, checkPartitions, isLost, stillServes } from './version-rules.ts'

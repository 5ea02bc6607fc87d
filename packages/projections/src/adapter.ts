// What stores for projections are written with.

export { claimLost } from './errors.ts'
export {
  checkNotDropped,
  checkPartitions,
  hasOthers,
  isLost,
  stillRuns,
  stillServes,
} from './version-rules.ts'

export { defineProjection, type EventHandlers, type Projection } from './projection.ts'
export { type FailurePolicy } from './failure-policy.ts'
export { Projections, type ProjectionsOptions, type RetryResult, type WaitOptions } from './projections.ts'
export { type ProjectionStatus } from './status.ts'
export { type Happening } from './happening.ts'
export { InMemoryProjectionStore } from './in-memory-projection-store.ts'

export {
  type Checkpoint,
  type Claim,
  type EventPlace,
  type ParkedEvent,
  type PartitionId,
  type ProjectionStore,
  type ProjectionTransaction,
  type SwitchGoal,
  type SwitchOutcome,
  type VersionHooks,
  type VersionId,
  type VersionState,
} from './projection-store.ts'
export { partitionOf } from './partition.ts'

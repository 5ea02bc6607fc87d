export {
  defineEvents,
  event,
  type AnyNamespace,
  type EventCreator,
  type EventDefinition,
  type EventNamespace,
  type EventOf,
  type StoredEvent,
} from './events/namespace.ts'
export {
  type DomainEvent,
  type Generation,
  type Metadata,
  type NewEvent,
  type Position,
  type Sequence,
} from './events/event.ts'
export { type ExpectedGeneration, type StreamId } from './events/stream.ts'

export {
  defineAggregate,
  type Aggregate,
  type AggregateShape,
  type AnyAggregate,
  type Appliers,
  type Handlers,
  type IdOf,
  type StateOf,
} from './aggregates/aggregate.ts'
export {
  type AggregateDefinition,
  type AggregateId,
  type VersionedAggregate,
} from './aggregates/aggregate-definition.ts'
export {
  type Command,
  type CommandCreator,
  type CommandOptions,
  type CommandTarget,
  type DomainCommand,
  type JointCommand,
} from './aggregates/command.ts'
export { type Decision } from './aggregates/handler.ts'
export {
  defineCommand,
  type JointCommandCreator,
  type JointDecision,
  type JointResult,
  type Roles,
} from './aggregates/joint-command.ts'

export { Core, type CoreOptions, type DispatchOptions, type LoadAggregateOptions } from './dispatch/core.ts'
export { type ExplainOptions } from './dispatch/explanation.ts'
export { logDispatches, type StructuredLog } from './dispatch/log-dispatches.ts'
export {
  type Addressees,
  type CommandChanges,
  type DispatchReport,
  type Middleware,
} from './dispatch/middleware.ts'

export { type SnapshotRules, type StateCodec } from './snapshots/snapshot-rules.ts'
export { type LoadSnapshotOptions, type Snapshot, type SnapshotStore } from './snapshots/snapshot-store.ts'
export { type SnapshotOptions } from './snapshots/snapshots.ts'

export {
  type AppendOptions,
  type AppendResult,
  type EventFilter,
  type EventFilterItem,
  type EventStore,
  type FindCommitOptions,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StoreCapabilities,
  type StreamAppend,
} from './store/event-store.ts'

export { subscribe, type SubscribeOptions, type Subscription } from './subscriptions/subscribe.ts'
export { type Batch } from './subscriptions/batches.ts'

export { EventmillError, hasCode, type ErrorCode, type ErrorFields, type ErrorOf } from './errors.ts'
export { type Json } from './json.ts'

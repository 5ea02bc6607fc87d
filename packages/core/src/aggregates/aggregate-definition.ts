import { type DomainEvent, type Generation, type Position } from '../events/event.ts'
import { type EventCodec, eventUnreadable, messageOf } from '../events/event-codec.ts'
import { type StreamId } from '../events/stream.ts'
import { checkName, invalidArgument } from '../argument-checks.ts'
import { type CheckedSnapshotRules } from '../snapshots/snapshot-rules.ts'
import { freezeState } from './freeze-state.ts'

/** How an aggregate is named in its API; in a store the id is text. */
export type AggregateId = string | number

/** An aggregate as of one generation. */
export interface VersionedAggregate<Id = AggregateId, State = unknown> {
  /** The id by which it was addressed. */
  readonly aggregateId: Id
  /** How many events it has seen; 0 = it does not exist. */
  readonly generation: Generation
  /** Position of its last event: a read model that has got there knows this state. 0 = it has none. */
  readonly position: Position
  /** Frozen, as far as it is made of plain objects and arrays: others may hold the same. */
  readonly state: State
}

/** An aggregate's rules, as the dispatcher uses them. */
export interface AggregateDefinition {
  /** The first part of the name of each such aggregate's stream. */
  readonly type: string
  /** Translates its events between what handlers see and what a store holds. */
  readonly codec: EventCodec
  /** Absent where no snapshots are made. */
  readonly snapshots?: CheckedSnapshotRules | undefined
  /** The state before the first event. */
  initialize(id: AggregateId): unknown
  /** The state after one more event, which is decoded. */
  apply(state: unknown, event: DomainEvent): unknown
}

/** The aggregate before its first event. */
export function initialVersion(
  definition: AggregateDefinition,
  aggregateId: AggregateId,
): VersionedAggregate {
  const state = freezeState(definition.initialize(aggregateId))
  return { aggregateId, generation: 0, position: 0, state }
}

/** The aggregate one stored event later. Throws `EVENT_UNREADABLE`. */
export function nextVersion(
  definition: AggregateDefinition,
  { aggregateId, state }: VersionedAggregate,
  stored: DomainEvent,
): VersionedAggregate {
  const event = definition.codec.decode(stored)
  const { sequence, position } = stored
  try {
    return { aggregateId, generation: sequence, position, state: freezeState(definition.apply(state, event)) }
  } catch (error) {
    const advice = error instanceof TypeError ? '; states are frozen: return a new one' : ''
    throw eventUnreadable(stored, `apply failed (${messageOf(error)}${advice})`, error)
  }
}

/** The stream of an aggregate. Throws `ARGUMENT_INVALID` for an id that is neither text nor a safe integer. */
export function streamOf(
  { type }: AggregateDefinition,
  aggregateId: AggregateId,
  argument = 'aggregateId',
): StreamId {
  if (typeof aggregateId !== 'number') {
    checkName(aggregateId, argument)
    return { aggregateType: type, aggregateId }
  }
  if (!Number.isSafeInteger(aggregateId)) {
    throw invalidArgument(argument, 'text or a safe integer', aggregateId)
  }
  return { aggregateType: type, aggregateId: String(aggregateId) }
}

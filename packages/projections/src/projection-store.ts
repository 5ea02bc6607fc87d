import { type DomainEvent, type Position, type Sequence, type StreamId } from '@eventmill/core'

/** A version of a projection. */
export interface VersionId {
  /** The name of the projection. */
  readonly name: string
  /** From 1. */
  readonly version: number
}

/** One part of a version, with a checkpoint of its own. */
export interface PartitionId extends VersionId {
  /** From 0. */
  readonly partition: number
}

/** The right of one runner to write a partition, until it lets go of it or somebody takes it over. */
export interface Claim extends PartitionId {
  /** Grows with each owner: whoever holds an old one writes nothing any more. */
  readonly epoch: number
  /** How far the partition has got. */
  readonly position: Position
}

/** How far a partition has got, and who works on it. */
export interface Checkpoint extends PartitionId {
  /** All events up to here are handled, or parked. */
  readonly position: Position
  /** The runner that holds it; `undefined` while nobody does. */
  readonly owner: string | undefined
}

/** A version as a store knows it. */
export interface VersionState extends VersionId {
  /** Whether readers are served by this version. */
  readonly serving: boolean
  /** One for each partition, in their order. */
  readonly checkpoints: readonly Checkpoint[]
  /** How many events are parked. */
  readonly parked: number
}

/** Which event it is, without what it carries. */
export interface EventPlace {
  /** Whose event it is. */
  readonly stream: StreamId
  /** Its place in that stream, from 1. */
  readonly sequence: Sequence
  /** Its place in the log. */
  readonly position: Position
  /** The name of its type. */
  readonly type: string
}

/** An event that was put aside; its position tells it from others of the version. */
export interface ParkedEvent extends PartitionId, EventPlace {
  /** What its handler threw, as text. */
  readonly error: string
  /** RFC 3339. */
  readonly time: string
}

/** What a projection does when a version of it comes. */
export interface VersionHooks<Target> {
  /** Makes what the version writes to. */
  readonly create: (target: Target) => Promise<void>
  /** Runs where the version begins to serve at once, since it is the first of its projection. */
  readonly serve: (target: Target) => Promise<void>
}

/** How far a version has to be before it serves. */
export interface SwitchGoal {
  /** It has got everywhere to here, */
  readonly atLeast: Position
  /**
   * and to where the version that serves is, but for these checkpoints of that one, which lie beyond the end of a log that has
   * lost its last events: as long as they are there, they are not waited for.
   */
  readonly lost: readonly Checkpoint[]
}

/** What became of the wish that a version serve. */
export type SwitchOutcome = 'switched' | 'served before' | 'behind' | 'parked'

/** What happens to a partition in one transaction, beside what its handlers write. */
export interface ProjectionTransaction<Target> {
  /** What the handlers write to. */
  readonly target: Target
  /** Which of these streams have parked events, by `streamKey`. */
  readonly parkedStreams: (streams: readonly StreamId[]) => Promise<ReadonlySet<string>>
  /** Puts an event aside, with what its handler threw. */
  readonly park: (event: DomainEvent, error: string) => Promise<void>
}

/**
 * Where projections write to, with all that is needed to do so exactly once: checkpoints, leases and parked events lie beside
 * what the handlers write, and change in the same transaction.
 *
 * Every method fails with `STORE_UNREACHABLE` or `STORE_BUSY` where it may be tried again, and with whatever else the store
 * fails with where not.
 */
export interface ProjectionStore<Target> {
  /** Whether what handlers write is undone where they fail. Where not, they get events one by one, unless they take batches. */
  readonly undoes: boolean

  /**
   * Makes the checkpoints of a version, one for each partition at one of these positions, and runs `create` in the same transaction, unless it is there already. The
   * first version of a projection serves from then on: `serve` runs after `create`. Any number of processes may do so at
   * once: one creates. Fails with `ARGUMENT_INVALID` where the version was made with another number of partitions, and where
   * it is not there, and older than the one that serves: it was dropped.
   */
  prepare(version: VersionId, positions: readonly Position[], hooks: VersionHooks<Target>): Promise<void>

  /**
   * Keeps the claims of a runner for another `lease` (milliseconds by the store's clock), takes what is free, and lets go
   * of what it has more of than its share: each runner that asks holds as many partitions of a version as any other, one
   * more at most. Resolves to what it holds. A lease that is over is kept as well, unless somebody has taken over.
   */
  claim(runner: string, versions: readonly VersionId[], lease: number): Promise<readonly Claim[]>

  /** Gives up what a runner holds, of one version or of all, and forgets it there: another one may take it at once. */
  leave(runner: string, version?: VersionId): Promise<void>

  /**
   * Runs `work` and moves the checkpoint from `claim.position` to `position`, all or nothing. Fails with `CLAIM_LOST`,
   * writing nothing, where the claim is not the newest any more, or the checkpoint has moved, also where `work` has failed
   * then: it may have met what was written already. What it throws otherwise passes unchanged. If it fails otherwise, the
   * checkpoint tells whether it was done.
   */
  commit(
    claim: Claim,
    position: Position,
    work: (transaction: ProjectionTransaction<Target>) => Promise<void>,
  ): Promise<void>

  /** All versions of these projections, oldest first. */
  states(names: readonly string[]): Promise<readonly VersionState[]>

  /**
   * Lets a version serve, and runs `serve` in the same transaction, if it is newer than the one that serves, and has reached
   * the goal, while the checkpoints of that one do not move. Resolves to whether it was done, was not to be done any more, or is
   * not to be done yet, as it is still `'behind'`, or has `'parked'` events.
   */
  serve(
    version: VersionId,
    goal: SwitchGoal,
    serve: (target: Target) => Promise<void>,
  ): Promise<SwitchOutcome>

  /**
   * Removes a version, and runs `drop` in the same transaction. Fails with `ARGUMENT_INVALID` for one that a runner has claimed,
   * or would, within its lease, and, unless the projection is to `retire` with it, for one that serves.
   */
  drop(version: VersionId, retire: boolean, drop: (target: Target) => Promise<void>): Promise<void>

  /** The parked events of a version in the order of their positions, `limit` at most, after this one. */
  parked(version: VersionId, limit: number, after?: Position): Promise<readonly ParkedEvent[]>

  /** Runs `work` and removes the parked event, all or nothing. Resolves to whether it was there. */
  unpark(event: ParkedEvent, work: (target: Target) => Promise<void>): Promise<boolean>
}

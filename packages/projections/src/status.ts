import { type EventStore, type Position } from '@eventmill/core'
import { checkpointAhead } from '@eventmill/core/adapter'
import { type Projection } from './projection.ts'
import { type VersionId, type VersionState } from './projection-store.ts'
import { type Runner } from './running/runner.ts'
import { type Worker } from './running/worker.ts'
import { isDropped } from './version-rules.ts'

/** How a version of a projection does. */
export interface ProjectionStatus extends VersionId {
  /** Whether readers are served by it. */
  readonly serving: boolean
  /**
   * What this process does with it: nothing (`'stopped'`, also where it was never made), nothing as long as others do
   * (`'standby'`), work on what was stored before (`'catching up'`), follow what comes (`'live'`: within a batch of the head), try again what failed
   * (`'retrying'`), or nothing any more (`'failed'`, also where its checkpoint lies beyond the head: the log has lost events).
   * `'dropped'`: there is nothing left of it, and a newer one serves.
   */
  readonly state: 'stopped' | 'standby' | 'catching up' | 'live' | 'retrying' | 'failed' | 'dropped'
  /** What is wrong, while it is `'retrying'` or `'failed'`. */
  readonly error: unknown
  /** Everywhere it has got to here at least. */
  readonly position: Position
  /** Where the log ends. */
  readonly head: Position
  /** How far it is behind the log. */
  readonly lag: {
    /** So many events, at most, are left to handle: positions may have gaps, and not every event matters. */
    readonly events: number
    /** How old the first of them is, in milliseconds. 0 where none is left. */
    readonly milliseconds: number
  }
  /** How much of the log is done, from 0 to 100. */
  readonly percent: number
  /** Events that this process has handled of late, per second. */
  readonly rate: number
  /** How long the rest will take as fast as it went of late, in seconds; `undefined` where nothing moves here. */
  readonly secondsLeft: number | undefined
  /** How many events are parked. */
  readonly parked: number
  /** How far each partition has got, and who works on it. */
  readonly partitions: readonly {
    readonly partition: number
    readonly position: Position
    readonly heldBy: 'this process' | 'another' | 'nobody'
  }[]
}

/** What is known of a version, here and in its store. */
export interface Known<Target> {
  readonly states: readonly VersionState[]
  readonly head: Position
  readonly store: EventStore
  readonly runner: Runner<Target> | undefined
}

/** How a version does. */
export async function statusOf<Target>(
  projection: Projection<Target>,
  { states, head, store, runner }: Known<Target>,
): Promise<ProjectionStatus> {
  const { name, version } = projection
  const state = states.find((one) => one.name === name && one.version === version)
  const workers = runner?.workers(projection) ?? new Map<number, never>()
  const partitions = Array.from({ length: projection.partitions }, (_, partition) => {
    const checkpoint = state?.checkpoints[partition]
    const worker = workers.get(partition)
    const elsewhere = checkpoint?.owner === undefined ? ('nobody' as const) : ('another' as const)
    return {
      partition,
      position: worker?.position ?? checkpoint?.position ?? 0,
      heldBy: worker === undefined ? elsewhere : ('this process' as const),
    }
  })
  const position = Math.min(...partitions.map((one) => one.position))
  const own = [...workers.values()]
  // They were read before the head.
  const furthest = Math.max(0, ...(state?.checkpoints ?? []).map((checkpoint) => checkpoint.position))
  const rate = own.reduce((sum, worker) => sum + worker.rate, 0)
  // What was dropped has not failed.
  const failedHere = state === undefined ? undefined : runner?.failure(projection)
  const failure = furthest > head ? { error: checkpointAhead(furthest, head) } : failedHere
  const error =
    failure === undefined ? own.find((worker) => worker.error !== undefined)?.error : failure.error
  const isRun = runner !== undefined && state !== undefined
  const dropped = isDropped(projection, states)
  const left = dropped ? 0 : Math.max(0, head - position)
  return {
    name,
    version,
    serving: state?.serving ?? false,
    state: endOf(dropped, failure !== undefined, isRun) ?? stateOf(own, head, error),
    error,
    position,
    head,
    lag: { events: left, milliseconds: left === 0 ? 0 : await ageOfNext(projection, position, store) },
    percent: left === 0 ? 100 : (100 * position) / head,
    rate,
    secondsLeft: left === 0 ? 0 : secondsLeft(own, head),
    parked: state?.parked ?? 0,
    partitions,
  }
}

/** How it does that does nothing any more here; `undefined` for what is run. */
function endOf(
  dropped: boolean,
  failed: boolean,
  isRun: boolean,
): 'dropped' | 'failed' | 'stopped' | undefined {
  if (dropped) return 'dropped'
  if (failed) return 'failed'
  return isRun ? undefined : 'stopped'
}

function stateOf<Target>(
  own: readonly Worker<Target>[],
  head: Position,
  error: unknown,
): ProjectionStatus['state'] {
  if (own.length === 0) return 'standby'
  if (error !== undefined) return 'retrying'
  return own.every((worker) => worker.follows(head)) ? 'live' : 'catching up'
}

/** Until the last of those who work here has got to the head; `undefined` where one does not move. */
function secondsLeft<Target>(own: readonly Worker<Target>[], head: Position): number | undefined {
  const seconds = own.map(({ position, speed }) => (position >= head ? 0 : (head - position) / speed))
  return seconds.length > 0 && seconds.every(Number.isFinite) ? Math.max(...seconds) : undefined
}

/** How old the first event is that is left to handle, in milliseconds. */
async function ageOfNext({ filter }: Projection, after: Position, store: EventStore): Promise<number> {
  for await (const { time } of store.readAll({ after, filter, limit: 1 })) {
    return Math.max(0, Date.now() - Date.parse(time))
  }
  return 0
}

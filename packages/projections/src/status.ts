import { type EventStore, type Position } from '@eventmill/core'
import { type Projection } from './projection.ts'
import { type VersionId, type VersionState } from './projection-store.ts'
import { type Runner } from './running/runner.ts'

/** How a version of a projection does. */
export interface ProjectionStatus extends VersionId {
  /** Whether readers are served by it. */
  readonly serving: boolean
  /**
   * What this process does with it: nothing (`'stopped'`, also where the version was dropped, or never made), nothing as long as others do (`'standby'`), work on what was
   * stored before (`'catching up'`), wait for more (`'live'`), try again what failed (`'retrying'`), or nothing any more
   * (`'failed'`).
   */
  readonly state: 'stopped' | 'standby' | 'catching up' | 'live' | 'retrying' | 'failed'
  /** What is wrong, while it is `'retrying'` or `'failed'`. */
  readonly error: unknown
  /** Everywhere it has got to here at least. */
  readonly position: Position
  /** Where the log ends. */
  readonly head: Position
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
  /** How long the rest will take at that rate, in seconds; `undefined` where nothing moves. */
  readonly secondsLeft: number | undefined
  /** How many events are parked. */
  readonly parked: number
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
  const rate = own.reduce((sum, worker) => sum + worker.rate, 0)
  // What was dropped has not failed.
  const failure = state === undefined ? undefined : runner?.failure(projection)
  const error =
    failure === undefined ? own.find((worker) => worker.error !== undefined)?.error : failure.error
  const left = Math.max(0, head - position)
  return {
    name,
    version,
    serving: state?.serving ?? false,
    state:
      runner === undefined || state === undefined
        ? 'stopped'
        : failure !== undefined
          ? 'failed'
          : own.length === 0
            ? 'standby'
            : error !== undefined
              ? 'retrying'
              : own.every(({ live }) => live)
                ? 'live'
                : 'catching up',
    error,
    position,
    head,
    lag: { events: left, milliseconds: left === 0 ? 0 : await ageOfNext(projection, position, store) },
    percent: head === 0 ? 100 : Math.min(100, (100 * position) / head),
    rate,
    secondsLeft: left === 0 ? 0 : rate < 0.01 ? undefined : left / rate,
    parked: state?.parked ?? 0,
    partitions,
  }
}

/** How old the first event is that is left to handle, in milliseconds. */
async function ageOfNext({ filter }: Projection, after: Position, store: EventStore): Promise<number> {
  for await (const { time } of store.readAll({ after, filter, limit: 1 })) {
    return Math.max(0, Date.now() - Date.parse(time))
  }
  return 0
}

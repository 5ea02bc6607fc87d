import { invalidArgument } from '@eventmill/core/adapter'
import { type Checkpoint, type VersionId, type VersionState } from './projection-store.ts'

/** Throws `ARGUMENT_INVALID` for a version that is to be made, and is older than the one that serves. */
export function checkNotDropped({ name, version }: VersionId, serving: number): void {
  if (version > serving) return
  throw invalidArgument(
    'options.projections',
    `without version ${version} of ${name}, which is not there any more: version ${serving} serves`,
  )
}

/** Whether a version is not there, and a newer one serves. */
export function isDropped({ name, version }: VersionId, states: readonly VersionState[]): boolean {
  const others = states.filter((state) => state.name === name)
  return (
    others.every((state) => state.version !== version) &&
    others.some((state) => state.serving && state.version > version)
  )
}

/** The error for who drops a version that serves. */
export function stillServes({ name, version }: VersionId): Error {
  const wanted = `one that does not serve, as version ${version} of ${name} does: a newer one has to take its place first`
  return invalidArgument('projection', wanted)
}

/** The error for who retires a projection that has further versions. */
export function hasOthers({ name, version }: VersionId): Error {
  return invalidArgument(
    'projection',
    `the last version of ${name}: first drop those beside version ${version}, which serves`,
  )
}

/** The error for who drops a version that others run. */
export function stillRuns({ name, version }: VersionId): Error {
  const wanted = `one that nobody runs, as version ${version} of ${name} is run elsewhere: first stop whoever lists it`
  return invalidArgument('projection', wanted)
}

/** Throws `ARGUMENT_INVALID` where a version was made with another number of partitions. */
export function checkPartitions({ name, version }: VersionId, found: number, wanted: number): void {
  if (found === wanted) return
  throw invalidArgument(
    'definition.partitions',
    `${found}, as when version ${version} of ${name} was made (a new version may have another number)`,
    wanted,
  )
}

/** Whether a checkpoint of the version that serves is one of those that are not waited for. */
export function isLost(
  { partition, position }: Pick<Checkpoint, 'partition' | 'position'>,
  lost: readonly Checkpoint[],
): boolean {
  return lost.some((checkpoint) => checkpoint.partition === partition && checkpoint.position === position)
}

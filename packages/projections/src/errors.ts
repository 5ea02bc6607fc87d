import { type DomainEvent, type Position } from '@eventmill/core'
import { eventmillError, messageOf, streamName } from '@eventmill/core/adapter'
import { type PartitionId, type VersionId } from './projection-store.ts'

/** The error for who writes to a partition that somebody else has, or that is not where it was taken to be. */
export function claimLost({ name, version, partition }: PartitionId): Error {
  const message = `partition ${partition} of ${versionName({ name, version })} is held by another runner, or has moved: nothing was written`
  return eventmillError('CLAIM_LOST', message, { projection: name, version, partition })
}

/** The error that ends a projection at an event. */
export function projectionFailed(
  { name, version }: VersionId,
  event: DomainEvent,
  tries: number,
  cause: unknown,
): Error {
  const { position, sequence, type } = event
  const message =
    `${versionName({ name, version })} stopped at position ${position} (event ${sequence} of ${streamName(event)}, ${type}) ` +
    `after ${tries} ${tries === 1 ? 'try' : 'tries'}: ${messageOf(cause)}`
  return eventmillError('PROJECTION_FAILED', message, { projection: name, version, position, cause })
}

/** The error for a read model that has not got far enough in time. */
export function waitTimeout(
  { name, version }: Awaited,
  position: Position,
  timeout: number,
  { reached, error }: { readonly reached: Position; readonly error: unknown },
): Error {
  const which = version === undefined ? `the projection ${name}` : versionName({ name, version })
  const message = `${which} has not got to position ${position} within ${timeout} ms, only to ${reached}: it lags, or does not run`
  return eventmillError('WAIT_TIMEOUT', message, {
    projection: name,
    version,
    position,
    reached,
    ...(error !== undefined && { cause: error }),
  })
}

/**
 * What a version ends with that could not be created, serve or be dropped: its store's own error, or, around what a hook of the
 * definition has thrown, one that tells of which version it is.
 */
export function hookFailed(
  { name, version }: VersionId,
  what: 'be created' | 'begin to serve' | 'be dropped',
  cause: unknown,
): unknown {
  if (cause instanceof Error && cause.name === 'EventmillError') return cause
  const message = `${versionName({ name, version })} could not ${what}: ${messageOf(cause)}`
  return eventmillError('PROJECTION_FAILED', message, {
    projection: name,
    version,
    position: undefined,
    cause,
  })
}

/** What a projection ends with that is removed while it runs, and whoever waits for it then. */
export function projectionDropped({ name, version }: VersionId): Error {
  const message = `${versionName({ name, version })} was dropped, and runs nowhere any more (waitFor takes a name for whichever version serves)`
  return eventmillError('PROJECTION_FAILED', message, { projection: name, version, position: undefined })
}

/** A version, or whichever serves. */
export interface Awaited {
  /** The name of the projection. */
  readonly name: string
  /** `undefined` for the version that serves. */
  readonly version: number | undefined
}

function versionName({ name, version }: VersionId): string {
  return `version ${version} of the projection ${name}`
}

import { checkInteger, checkKeys, checkName } from '../argument-checks.ts'
import { type StreamId } from '../events/stream.ts'
import { copyJson } from '../json.ts'
import { checkSignal, checkStream } from '../store/store-arguments.ts'
import { type LoadSnapshotOptions, type Snapshot } from './snapshot-store.ts'

// What every snapshot store checks alike.

/** The arguments of `load`. Throws `ARGUMENT_INVALID`, or the reason of an aborted signal. */
export function checkLoadSnapshot(
  stream: StreamId,
  version: number,
  options: LoadSnapshotOptions = {},
): StreamId {
  checkKeys(options, LOAD_OPTIONS, 'options')
  checkInteger(version, 1, 'version')
  checkSignal(options.signal)
  return checkStream(stream)
}

/** A copy of the snapshot as it may be kept, with its stream. Throws `ARGUMENT_INVALID`, `VALUE_NOT_JSON`. */
export function checkSaveSnapshot(
  stream: StreamId,
  snapshot: Snapshot,
): Snapshot & { readonly stream: StreamId } {
  checkKeys(snapshot, SNAPSHOT, 'snapshot')
  const { version, generation, eventId, state } = snapshot
  checkInteger(version, 1, 'snapshot.version')
  checkInteger(generation, 1, 'snapshot.generation')
  checkName(eventId, 'snapshot.eventId')
  return {
    stream: checkStream(stream),
    version,
    generation,
    eventId,
    state: copyJson(state, 'snapshot.state'),
  }
}

const LOAD_OPTIONS = new Set(['signal'])
const SNAPSHOT = new Set(['version', 'generation', 'eventId', 'state'])

import { type Generation } from '../events/event.ts'
import { type StreamId } from '../events/stream.ts'
import { type Json } from '../json.ts'

/** The state of an aggregate after one of its events, written down so that the events before it need not be read again. */
export interface Snapshot {
  /** That of the aggregate's definition which made it. */
  readonly version: number
  /** After so many events. */
  readonly generation: Generation
  /** The id of the last of them: a stream that has another one there is not the stream of which this was made. */
  readonly eventId: string
  /** The encoded state. */
  readonly state: Json
}

/**
 * Where snapshots are kept. It may lose any of them at any time, but never gives another one than was saved: what is
 * missing is made again from the events. Every method settles, as a load is waited for; that it rejects fails no dispatch.
 */
export interface SnapshotStore {
  /** The snapshot of this stream and version with the highest generation, if there is one. */
  load(stream: StreamId, version: number, options?: LoadSnapshotOptions): Promise<Snapshot | undefined>
  /** Keeps a snapshot, unless a newer one of its version is there. */
  save(stream: StreamId, snapshot: Snapshot): Promise<void>
  /** Forgets the snapshots of a stream, of every version. */
  delete(stream: StreamId): Promise<void>
}

/** How a snapshot is loaded. */
export interface LoadSnapshotOptions {
  /** Aborted before it is loaded: the load rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

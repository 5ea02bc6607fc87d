import { type LoadSnapshotOptions, type Snapshot, type SnapshotStore, type StreamId } from '@eventmill/core'
import { checkStream, checkLoadSnapshot, checkSaveSnapshot, streamKey } from '@eventmill/core/adapter'

/** Snapshots in this process's memory, for tests and prototypes: one for each stream and version. */
export class InMemorySnapshotStore implements SnapshotStore {
  readonly #snapshots = new Map<string, Map<number, Snapshot>>()

  async load(
    stream: StreamId,
    version: number,
    options?: LoadSnapshotOptions,
  ): Promise<Snapshot | undefined> {
    return this.#snapshots.get(streamKey(checkLoadSnapshot(stream, version, options)))?.get(version)
  }

  async save(stream: StreamId, snapshot: Snapshot): Promise<void> {
    const { stream: checked, ...copy } = checkSaveSnapshot(stream, snapshot)
    const key = streamKey(checked)
    const versions = this.#snapshots.get(key) ?? new Map<number, Snapshot>()
    this.#snapshots.set(key, versions)
    if (copy.generation > (versions.get(copy.version)?.generation ?? 0)) {
      versions.set(copy.version, Object.freeze(copy))
    }
  }

  async delete(stream: StreamId): Promise<void> {
    this.#snapshots.delete(streamKey(checkStream(stream)))
  }
}

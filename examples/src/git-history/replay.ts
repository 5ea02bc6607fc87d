import { Core, type EventStore, type StateOf, type VersionedAggregate } from '@eventmill/core'
import { TrackedFile } from './tracked-file.ts'

/** A path as its events tell it; its generation is the number of its changes. */
export type ReplayedFile = VersionedAggregate<string, StateOf<typeof TrackedFile>>

/** Every path that the events know, also those that hold nothing any more. */
export async function replayFiles(store: EventStore): Promise<readonly ReplayedFile[]> {
  const ids = new Set<string>()
  for await (const { aggregateId } of store.readAll({ filter: [{ aggregateTypes: [TrackedFile.type] }] })) {
    ids.add(aggregateId)
  }
  const core = new Core(store)
  const files = []
  for (const id of ids) files.push(await core.load(TrackedFile, id))
  return files
}

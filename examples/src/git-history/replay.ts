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
  for (const some of chunks([...ids])) {
    files.push(...(await Promise.all(some.map((id) => core.load(TrackedFile, id)))))
  }
  return files
}

/** What is asked for at once is answered sooner, but waits in memory. */
function* chunks(ids: readonly string[]): Generator<readonly string[], void> {
  for (let start = 0; start < ids.length; start += 100) yield ids.slice(start, start + 100)
}

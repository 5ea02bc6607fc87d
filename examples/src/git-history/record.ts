import { type EventStore, type StreamAppend } from '@eventmill/core'
import { type Change, type Commit } from './history.ts'
import { fileEvents, type Origin, TrackedFile } from './tracked-file.ts'

/** A first commit may hold a hundred thousand files, which is more than one append should carry. */
const LARGEST_APPEND = 1000

/**
 * Stores what a commit changed, each change in the stream of its path, in one append as far as it goes. Under the
 * commit's hash for a commit id, recording a history again adds what is new in it, and nothing twice.
 */
export async function recordCommit(store: EventStore, { changes, ...origin }: Commit): Promise<void> {
  const size = store.capabilities.multiStream ? LARGEST_APPEND : 1
  for (let start = 0; start < changes.length; start += size) {
    const appends = changes.slice(start, start + size).map((change) => streamAppend(change, origin))
    await store.append(appends, { commitId: `${origin.commit}/${start}` })
  }
}

function streamAppend({ id, status, mode, blob }: Change, origin: Origin): StreamAppend {
  const { Added, Modified, Deleted } = fileEvents
  const events = {
    A: Added({ mode, blob, ...origin }),
    M: Modified({ mode, blob, ...origin }),
    T: Modified({ mode, blob, ...origin }),
    D: Deleted(origin),
  }
  return {
    stream: TrackedFile.stream(id),
    expected: 'any',
    events: [events[status]],
  }
}

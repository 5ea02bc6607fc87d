import { type EventStore, type StreamAppend } from '@eventmill/core'
import { type Change, type Commit } from './history.ts'
import { fileEvents, type Origin, TrackedFile } from './tracked-file.ts'

/** So many changes are stored at once, or a little more, whatever the length of the history. */
const LARGEST_GROUP = 1000

/**
 * Groups commits that follow each other and change no path in common: stored at once, they still leave each path with
 * its changes in their order. A store has much less to do for a group than for one commit after the other.
 */
export async function* groupCommits(commits: AsyncIterable<Commit>): AsyncGenerator<readonly Commit[], void> {
  let group: Commit[] = []
  const paths = new Set<string>()
  for await (const commit of commits) {
    if (paths.size >= LARGEST_GROUP || commit.changes.some(({ id }) => paths.has(id))) {
      yield group
      group = []
      paths.clear()
    }
    group.push(commit)
    for (const { id } of commit.changes) paths.add(id)
  }
  if (group.length > 0) yield group
}

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

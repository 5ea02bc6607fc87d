import { eventmillError } from '../errors.ts'
import { type NewEvent } from '../events/event.ts'
import { streamKey, streamName } from '../events/stream.ts'
import { equalJson } from '../json.ts'
import { type AppendResult } from './event-store.ts'
import { type CheckedAppends } from './store-arguments.ts'

/**
 * The result of an append whose commit id is known already, which is that of the earlier one. Throws `COMMIT_ID_REUSED`
 * where the content is another: other streams, or events that say something else. What is expected is no content.
 */
export function repeatedResult(earlier: AppendResult, again: CheckedAppends, commitId: string): AppendResult {
  const before = earlier.streams.map((stream) => ({
    stream,
    events: earlier.events.filter((event) => streamKey(event) === streamKey(stream)).map(given),
  }))
  const now = again.map(({ stream, events }) => ({ stream, events: events.map(given) }))
  if (equalJson(before, now)) return { ...earlier, repeated: true }
  const { stream } = again[0]
  const message = `the commit id ${commitId} was used on ${streamName(stream)} with other content: give each intent its own`
  throw eventmillError('COMMIT_ID_REUSED', message, { stream, commitId })
}

/** An event without what a store assigns to it. */
function given({ source, type, version, data, metadata }: NewEvent): NewEvent {
  return { source, type, version, data, metadata }
}

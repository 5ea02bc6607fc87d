import { eventmillError } from '../errors.ts'
import { type Position } from '../events/event.ts'

/** The error for a reader that has seen more than the store has. */
export function checkpointAhead(after: Position, head: Position): Error {
  const message = `a reader has got to position ${after}, but the store ends before it, and its head is ${head}: the store has lost its last events, as in a failover; rebuild what the reader has written`
  return eventmillError('CHECKPOINT_AHEAD', message, { after, head })
}

import { eventmillError, type ErrorOf } from '../errors.ts'
import { type Generation } from '../events/event.ts'
import { type ExpectedGeneration, type StreamId, streamName } from '../events/stream.ts'

/** Whether a stream at generation `actual` is where an append expects it. */
export function isExpected(expected: ExpectedGeneration, actual: Generation): boolean {
  if (expected === 'any') return true
  return expected === 'exists' ? actual > 0 : expected === actual
}

/** The error for a stream that is not where it was expected. */
export function generationConflict(
  stream: StreamId,
  expected: ExpectedGeneration,
  actual: Generation,
): ErrorOf<'GENERATION_CONFLICT'> {
  const wanted = expected === 'exists' ? 'to exist' : `at generation ${expected}`
  const found = actual === 0 ? 'does not exist' : `is at generation ${actual}`
  const message = `${streamName(stream)} was expected ${wanted}, but it ${found}: read it again and decide anew`
  return eventmillError('GENERATION_CONFLICT', message, { stream, expected, actual })
}

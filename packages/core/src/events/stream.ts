import { type Generation } from './event.ts'

/** Names the events of one aggregate. Both parts are 1 to 1,024 bytes of well-formed UTF-8 without NUL. */
export interface StreamId {
  /** The type of the aggregate, such as `Account`. */
  readonly aggregateType: string
  /** Which one of that type, such as `DE1`. */
  readonly aggregateId: string
}

/**
 * What an append demands of a stream: an exact generation (0 = it must not exist), `'exists'` (any generation
 * from 1), or `'any'` (no demand: never conflicts, however many race).
 */
export type ExpectedGeneration = Generation | 'exists' | 'any'

/** A text that is equal for equal streams, and only for those. */
export function streamKey({ aggregateType, aggregateId }: StreamId): string {
  return `${aggregateType}\0${aggregateId}`
}

/** How a stream is named to people. */
export function streamName({ aggregateType, aggregateId }: StreamId): string {
  return `${aggregateType} ${JSON.stringify(aggregateId)}`
}

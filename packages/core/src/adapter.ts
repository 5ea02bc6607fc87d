// What authors of event stores, snapshot stores, and of what wraps one import beside the contract itself: what every
// store does alike.

export {
  checkAppend,
  checkFindCommit,
  checkReadAll,
  checkReadStream,
  checkStream,
  checkWaitForAppend,
  type CheckedAppend,
  type CheckedAppends,
  type CheckedEvent,
  type CheckedRead,
  type CheckedReadAll,
} from './store/store-arguments.ts'
export { generationConflict, isExpected } from './store/expectation.ts'
export { checkpointAhead } from './store/checkpoint-ahead.ts'
export { repeatedResult } from './store/repeated-result.ts'
export { eventMatcher } from './store/event-filter.ts'
export { checkLoadSnapshot, checkSaveSnapshot } from './snapshots/snapshot-arguments.ts'

export { checkEncoded, eventCodec, eventInvalid, messageOf, type EventCodec } from './events/event-codec.ts'
export { streamKey, streamName } from './events/stream.ts'

export { eventmillError, isPassing } from './errors.ts'
export { checkInteger, checkKeys, checkMilliseconds, checkName, invalidArgument } from './argument-checks.ts'
export { copyJson, equalJson } from './json.ts'
export { uuidv7 } from './uuid.ts'

export { backOff, pause } from './pause.ts'
export { unlessAborted } from './unless-aborted.ts'
export { withResolvers, type Resolvers } from './with-resolvers.ts'

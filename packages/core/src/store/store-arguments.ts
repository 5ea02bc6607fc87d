import { eventmillError } from '../errors.ts'
import { type Metadata, type NewEvent, type Position } from '../events/event.ts'
import { type ExpectedGeneration, type StreamId, streamKey, streamName } from '../events/stream.ts'
import { copyJson } from '../json.ts'
import { checkInteger, checkKeys, checkName, invalidArgument } from '../argument-checks.ts'
import {
  type AppendOptions,
  type EventFilter,
  type FindCommitOptions,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StreamAppend,
} from './event-store.ts'

// What every store checks alike before it touches anything. Each function refuses what the contract refuses and
// returns the rest complete with its defaults, detached from what the caller holds. None passes over the
// holes of an array.

/** A new event that passed `checkAppend`: deeply frozen, with metadata. */
export interface CheckedEvent extends NewEvent {
  /** What was given, or an empty object. */
  readonly metadata: Metadata
}

/** An append that passed `checkAppend`. */
export interface CheckedAppend extends StreamAppend {
  /** The events, detached from what the caller holds. */
  readonly events: readonly CheckedEvent[]
}

/** The appends of one call: at least one, and no two of the same stream. */
export type CheckedAppends = readonly [CheckedAppend, ...CheckedAppend[]]

/** A range of a stream, or of the whole store, that passed its check. */
export interface CheckedRead {
  /** Exclusive; 0 where nothing was said. */
  readonly after: number
  /** Inclusive; `Infinity` where nothing was said. */
  readonly upTo: number
  /** `Infinity` where nothing was said. */
  readonly limit: number
  /** `false` where nothing was said. */
  readonly backwards: boolean
  /** Not aborted yet. */
  readonly signal: AbortSignal | undefined
}

/** A read of the whole store that passed `checkReadAll`. */
export interface CheckedReadAll extends CheckedRead {
  /** A copy; `undefined` where every event matches. */
  readonly filter: EventFilter | undefined
}

/**
 * The appends as they may be stored. Throws `ARGUMENT_INVALID`, `STREAM_REPEATED`, `VALUE_NOT_JSON`, or the
 * signal's reason if that is aborted already.
 */
export function checkAppend(appends: readonly StreamAppend[], options: AppendOptions = {}): CheckedAppends {
  checkKeys(options, APPEND_OPTIONS, 'options')
  if (options.commitId !== undefined) checkName(options.commitId, 'options.commitId')
  checkSignal(options.signal)
  if (!Array.isArray(appends)) throw invalidArgument('appends', 'an array of at least one stream', appends)
  const checked = mapped(appends as readonly StreamAppend[], (append, index) =>
    checkStreamAppend(append, `appends[${index}]`),
  )
  if (checked.length === 0) throw invalidArgument('appends', 'an array of at least one stream', appends)
  if (checked.length > 1) {
    checkDistinct(checked.map(({ stream }, index) => ({ stream, argument: `appends[${index}]` })))
  }
  return checked as CheckedAppends
}

/** A copy of a stream's name. Throws `ARGUMENT_INVALID`. */
export function checkStream(stream: StreamId, argument = 'stream'): StreamId {
  checkKeys(stream, STREAM_ID, argument)
  const { aggregateType, aggregateId } = stream
  checkName(aggregateType, `${argument}.aggregateType`)
  checkName(aggregateId, `${argument}.aggregateId`)
  return Object.freeze({ aggregateType, aggregateId })
}

/** Throws `STREAM_REPEATED` where two of these arguments name the same stream. */
export function checkDistinct(
  named: readonly { readonly argument: string; readonly stream: StreamId }[],
): void {
  const seen = new Map<string, string>()
  for (const { argument, stream } of named) {
    const key = streamKey(stream)
    const other = seen.get(key)
    if (other !== undefined) {
      const message = `${other} and ${argument} are the same stream, ${streamName(stream)}: name each stream once`
      throw eventmillError('STREAM_REPEATED', message, { stream })
    }
    seen.set(key, argument)
  }
}

/** The arguments of `readStream`, complete. Throws `ARGUMENT_INVALID`, or the reason of an aborted signal. */
export function checkReadStream(
  stream: StreamId,
  options: ReadStreamOptions = {},
): CheckedRead & { stream: StreamId } {
  checkKeys(options, READ_STREAM_OPTIONS, 'options')
  return { stream: checkStream(stream), ...checkRange(options) }
}

/** The arguments of `readAll`, complete. Throws `ARGUMENT_INVALID`, or the reason of an aborted signal. */
export function checkReadAll(options: ReadAllOptions = {}): CheckedReadAll {
  checkKeys(options, READ_ALL_OPTIONS, 'options')
  return {
    ...checkRange(options),
    filter: options.filter === undefined ? undefined : checkFilter(options.filter),
  }
}

/** A copy of the option `filter`. Throws `ARGUMENT_INVALID`. */
export function checkFilter(filter: EventFilter): EventFilter {
  if (!Array.isArray(filter)) throw invalidArgument('options.filter', 'an array', filter)
  return mapped(filter as EventFilter, (item, index) => {
    const argument = `options.filter[${index}]`
    checkKeys(item, FILTER_ITEM, argument)
    const { source, types, aggregateTypes } = item
    if (source !== undefined) checkName(source, `${argument}.source`)
    return {
      source,
      types: types === undefined ? undefined : checkNames(types, `${argument}.types`),
      aggregateTypes:
        aggregateTypes === undefined ? undefined : checkNames(aggregateTypes, `${argument}.aggregateTypes`),
    }
  })
}

/** The arguments of `findCommit`. Throws `ARGUMENT_INVALID`, or the reason of an aborted signal. */
export function checkFindCommit(
  stream: StreamId,
  commitId: string,
  options: FindCommitOptions = {},
): StreamId {
  checkKeys(options, FIND_COMMIT_OPTIONS, 'options')
  checkName(commitId, 'commitId')
  checkSignal(options.signal)
  return checkStream(stream)
}

/** The arguments of `waitForAppend`. Throws `ARGUMENT_INVALID`, or the reason of an aborted signal. */
export function checkWaitForAppend(after: Position, signal: AbortSignal): void {
  checkInteger(after, 0, 'after')
  if (!isSignal(signal)) throw invalidArgument('signal', 'an AbortSignal', signal)
  signal.throwIfAborted()
}

/** Throws `ARGUMENT_INVALID` for what is no signal, or the reason of an aborted one. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal !== undefined && !isSignal(signal)) {
    throw invalidArgument('options.signal', 'an AbortSignal', signal)
  }
  signal?.throwIfAborted()
}

const APPEND_OPTIONS = new Set(['commitId', 'signal'])
const FIND_COMMIT_OPTIONS = new Set(['signal'])
const READ_STREAM_OPTIONS = new Set(['after', 'upTo', 'limit', 'backwards', 'signal'])
const READ_ALL_OPTIONS = new Set(['after', 'upTo', 'limit', 'backwards', 'signal', 'filter'])
const STREAM_ID = new Set(['aggregateType', 'aggregateId'])
const STREAM_APPEND = new Set(['stream', 'expected', 'events'])
const FILTER_ITEM = new Set(['source', 'types', 'aggregateTypes'])
/** A stored event may be appended again elsewhere: what a store assigns, it assigns anew. */
const EVENT = new Set([
  'source',
  'type',
  'version',
  'data',
  'metadata',
  'id',
  'aggregateType',
  'aggregateId',
  'sequence',
  'position',
  'time',
])

/** Like `map`, which passes over holes. */
function mapped<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Result,
): readonly Result[] {
  const results: Result[] = []
  for (let index = 0; index < items.length; index++) results.push(map(items[index] as Item, index))
  return results
}

const NO_METADATA: Metadata = Object.freeze({})

function checkStreamAppend(append: StreamAppend, argument: string): CheckedAppend {
  checkKeys(append, STREAM_APPEND, argument)
  const { stream, expected, events } = append
  if (!Array.isArray(events)) throw invalidArgument(`${argument}.events`, 'an array', events)
  return {
    stream: checkStream(stream, `${argument}.stream`),
    expected: checkExpected(expected, `${argument}.expected`),
    events: mapped(events as readonly NewEvent[], (event, index) =>
      checkEvent(event, `${argument}.events[${index}]`),
    ),
  }
}

function checkExpected(expected: ExpectedGeneration, argument: string): ExpectedGeneration {
  const fine =
    expected === 'exists' || expected === 'any' || (Number.isSafeInteger(expected) && expected >= 0)
  if (!fine) throw invalidArgument(argument, `a generation from 0, 'exists' or 'any'`, expected)
  return expected
}

function checkEvent(event: NewEvent, argument: string): CheckedEvent {
  checkKeys(event, EVENT, argument)
  const { source, type, version, data, metadata } = event
  checkName(source, `${argument}.source`)
  checkName(type, `${argument}.type`)
  checkInteger(version, 1, `${argument}.version`)
  return {
    source,
    type,
    version,
    data: copyJson(data, `${argument}.data`),
    metadata: metadata === undefined ? NO_METADATA : checkMetadata(metadata, `${argument}.metadata`),
  }
}

function checkMetadata(metadata: Metadata, argument: string): Metadata {
  const copied = copyJson(metadata, argument)
  if (typeof copied !== 'object' || copied === null || Array.isArray(copied)) {
    throw invalidArgument(argument, 'an object', metadata)
  }
  return copied as Metadata
}

function checkRange({ after = 0, upTo, limit, backwards = false, signal }: ReadStreamOptions): CheckedRead {
  checkInteger(after, 0, 'options.after')
  if (upTo !== undefined) checkInteger(upTo, 0, 'options.upTo')
  if (limit !== undefined) checkInteger(limit, 0, 'options.limit')
  if (typeof backwards !== 'boolean') throw invalidArgument('options.backwards', 'a boolean', backwards)
  checkSignal(signal)
  return { after, upTo: upTo ?? Infinity, limit: limit ?? Infinity, backwards, signal }
}

/** Made by this realm's `AbortController`, or by one that does the same. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' && value !== null && 'throwIfAborted' in value && 'addEventListener' in value
  )
}

function checkNames(names: readonly string[], argument: string): readonly string[] {
  if (!Array.isArray(names)) throw invalidArgument(argument, 'an array of strings', names)
  return mapped(names as readonly string[], (name, index) => {
    checkName(name, `${argument}[${index}]`)
    return name
  })
}

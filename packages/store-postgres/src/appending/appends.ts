import {
  type AppendResult,
  type DomainEvent,
  type ExpectedGeneration,
  type Metadata,
  type StreamId,
} from '@eventmill/core'
import {
  type CheckedAppends,
  type CheckedEvent,
  eventmillError,
  generationConflict,
  streamKey,
  streamName,
} from '@eventmill/core/adapter'
import { numberArray, textArray, type Values } from '../database/database.ts'
import { commitIdOf, commitKey, idAt, identityOf, isUuid, newIdentity, tailsOf } from './identity.ts'

/** An append on its way. */
export interface Append {
  readonly appends: CheckedAppends
  readonly events: readonly CheckedEvent[]
  /** The payloads of its events, as text. */
  readonly data: readonly string[]
  readonly commitId: string | undefined
  /** By which it can be repeated where its answer is lost. */
  readonly repeatableAs: string
  /** The last digits of the ids of its events. */
  readonly tails: readonly string[]
  /** Under which it is sent again. */
  readonly identity: string
  /** Whether it repeats one whose answer was lost. */
  readonly repeats: boolean
  /** Whether it may have reached the database already. */
  sent: boolean
}

/** The append of a caller. */
export function appendOf(appends: CheckedAppends, commitId: string | undefined): Append {
  const events = appends.length === 1 ? appends[0].events : appends.flatMap((append) => append.events)
  const data = events.map((event) => JSON.stringify(event.data))
  const lost = identityOf(commitId)
  const own = newIdentity(events.length)
  const content = { appends, events, data, identity: own.tail, sent: false }
  // It has to have the ids of the one that it repeats, or the next repeat would not find it.
  if (lost !== undefined) {
    if (lost.count !== events.length) throw reused(appends[0].stream, commitIdOf(lost))
    return {
      ...content,
      tails: tailsOf(lost),
      commitId: undefined,
      repeatableAs: commitIdOf(lost),
      repeats: true,
    }
  }
  const stored = commitId ?? (isToldByItsEvents(appends) ? undefined : `eventmill ${own.tail}`)
  return {
    ...content,
    tails: tailsOf(own),
    commitId: stored,
    repeatableAs: stored ?? commitIdOf(own),
    repeats: false,
  }
}

/** Whether all its streams get events, by which a repeat could find them. Otherwise it needs a commit id of its own. */
function isToldByItsEvents(appends: CheckedAppends): boolean {
  return appends.length === 1 || appends.every(({ events }) => events.length > 0)
}

function reused(stream: StreamId, commitId: string): Error {
  const message = `the commit id ${commitId} was used on ${streamName(stream)} with other content: give each intent its own`
  return eventmillError('COMMIT_ID_REUSED', message, { stream, commitId })
}

/** How a batch is sent. */
export interface Sending {
  /** Whether it waits for streams that others have locked. */
  readonly wait: boolean
  /** How long, in milliseconds; `null` leaves that to the session. */
  readonly patience: number | null
}

/** What `append` in the database takes. */
export function valuesOf(
  batch: readonly Append[],
  typeKeys: readonly number[],
  { wait, patience }: Sending,
): Values {
  const numbers = new Map<string, number>()
  const streams: StreamId[] = []
  const entries: number[] = []
  batch.forEach(({ appends }, index) => {
    for (const { stream, expected, events } of appends) {
      const key = streamKey(stream)
      let number = numbers.get(key)
      if (number === undefined) {
        number = streams.push(stream)
        numbers.set(key, number)
      }
      entries.push(index + 1, number, numberOf(expected), events.length)
    }
  })
  const metadata = batch.flatMap(({ events }) => events.map((event) => split(event.metadata)))
  const isFresh = batch.every(({ appends }) => appends.every(({ expected }) => expected === 0))
  const resends = batch.map(({ identity, repeats, sent }) => (sent || repeats ? identity : null))
  return [
    textArray(streams.map(({ aggregateType }) => aggregateType)),
    textArray(streams.map(({ aggregateId }) => aggregateId)),
    numberArray(entries),
    batch.some(({ commitId }) => commitId !== undefined)
      ? textArray(batch.map(({ commitId }) => (commitId === undefined ? null : commitKey(commitId))))
      : null,
    textArray(batch.flatMap(({ tails }) => tails)),
    numberArray(typeKeys),
    `[${batch.flatMap(({ data }) => data).join()}]`,
    metadata.some(({ rest }) => rest !== null) ? JSON.stringify(metadata.map(({ rest }) => rest)) : null,
    textArrayUnlessEmpty(metadata.map(({ correlationId }) => correlationId)),
    textArrayUnlessEmpty(metadata.map(({ causationId }) => causationId)),
    numberArray([...new Set(typeKeys)]),
    textArrayUnlessEmpty(resends),
    isFresh ? 't' : 'f',
    wait ? 't' : 'f',
    patience === null ? null : String(patience),
  ]
}

function textArrayUnlessEmpty(texts: readonly (string | null)[]): string | null {
  return texts.every((text) => text === null) ? null : textArray(texts)
}

interface SplitMetadata {
  readonly correlationId: string | null
  readonly causationId: string | null
  readonly rest: object | null
}

const NO_METADATA: SplitMetadata = { correlationId: null, causationId: null, rest: null }

/** Ids that are UUIDs have columns of their own, where they take a third of the room. */
function split(metadata: Metadata): SplitMetadata {
  const fields = Object.entries(metadata)
  if (fields.length === 0) return NO_METADATA
  const idOf = (name: string) => {
    const value = metadata[name]
    return typeof value === 'string' && isUuid(value) ? value : null
  }
  const [correlationId, causationId] = [idOf('correlationId'), idOf('causationId')]
  const rest = fields.filter(
    ([name]) =>
      !(name === 'correlationId' && correlationId !== null) &&
      !(name === 'causationId' && causationId !== null),
  )
  return { correlationId, causationId, rest: rest.length === 0 ? null : Object.fromEntries(rest) }
}

function numberOf(expected: ExpectedGeneration): number {
  if (expected === 'any') return -1
  // No stream is that long.
  return expected === 'exists' ? -2 : Math.min(expected, 2 ** 31 - 1)
}

/** What `append` in the database returns. */
export interface Answer {
  /** In milliseconds since 1970. */
  readonly time: number
  readonly positions: readonly number[] | null
  readonly generations: readonly (number | null)[]
  readonly verdicts: readonly (Verdict | null)[]
}

/** Why an append was not stored, as far as it was not. */
export type Verdict =
  | { readonly conflict: readonly [entry: number, actual: number] }
  | { readonly parts: Parts }
  | { readonly locked: true }
  | { readonly superseded: true }

/** Of each stream of an append: its key, its generation after it, and how many events it got. */
export type Parts = readonly (readonly [stream: number, generation: number, count: number])[]

/** The results of those appends of a batch that were stored, `undefined` for the others. */
export function resultsOf(batch: readonly Append[], answer: Answer): readonly (AppendResult | undefined)[] {
  const { time, positions, generations, verdicts } = answer
  const at = new Date(time).toISOString()
  let event = 0
  let entry = 0
  return batch.map(({ appends, tails }, index) => {
    const begin = { event, entry }
    event += tails.length
    entry += appends.length
    if (verdicts[index] != null) return undefined
    const events: DomainEvent[] = []
    const after = appends.map((append, number) => {
      const generation = generations[begin.entry + number] ?? 0
      append.events.forEach((decided, offset) => {
        const { source, type, version, data, metadata } = decided
        const { aggregateType, aggregateId } = append.stream
        events.push({
          source,
          type,
          version,
          data,
          metadata,
          id: idAt(time, tails[events.length] ?? ''),
          aggregateType,
          aggregateId,
          sequence: generation - append.events.length + offset + 1,
          position: positions?.[begin.event + events.length] ?? 0,
          time: at,
        })
      })
      return generation
    })
    return { streams: appends.map(({ stream }) => stream), events, generations: after, repeated: false }
  })
}

/** The error of an append that met another generation. */
export function conflictOf({ appends }: Append, [entry, actual]: readonly [number, number]): Error {
  const { stream, expected } = appends[entry] ?? appends[0]
  return generationConflict(stream, expected, actual)
}

/** The error of an append of which nobody knows what became. */
export function outcomeUnknown({ repeatableAs }: Append, cause?: unknown): Error {
  const message = `the answer to an append was lost: repeat it with the commitId ${repeatableAs}, to learn its outcome or to bring it about`
  return eventmillError('APPEND_OUTCOME_UNKNOWN', message, { commitId: repeatableAs, cause })
}

import {
  type AppendResult,
  type CheckedAppends,
  type DomainEvent,
  type ExpectedGeneration,
  generationConflict,
  streamKey,
  uuidv7,
} from '@eventmill/core'

/** An append on its way. */
export interface Append {
  readonly appends: CheckedAppends
  readonly commitId: string | undefined
  /** One for each event; the time in them is set by the database. */
  readonly ids: readonly string[]
}

/** What `append` in the database takes of several appends: the streams, and what each entry wants of one of them. */
export function batchOf(batch: readonly Append[]): string {
  const streams = new Map<string, [type: string, id: string, mayBeCreated: boolean, index: number]>()
  const appends = batch.map(({ appends: entries, commitId = null }) => ({
    commit: commitId,
    entries: entries.map(({ stream, expected, events }) => {
      const key = streamKey(stream)
      const known = streams.get(key) ?? [stream.aggregateType, stream.aggregateId, false, streams.size + 1]
      known[2] ||= expected === 0 || expected === 'any'
      streams.set(key, known)
      return [known[3], numberOf(expected), events.length]
    }),
  }))
  return JSON.stringify({ streams: [...streams.values()].map((stream) => stream.slice(0, 3)), appends })
}

function numberOf(expected: ExpectedGeneration): number {
  if (expected === 'any') return -1
  return expected === 'exists' ? -2 : expected
}

/** What the database made of one append. */
export type Verdict =
  | { readonly generations: readonly number[] }
  | { readonly conflict: readonly [entry: number, actual: number] }
  | { readonly parts: Parts }

/** Of each stream of an append: its key, its generation after it, and how many events it got. */
export type Parts = readonly (readonly [stream: number, generation: number, count: number])[]

/** What `append` in the database returns. */
export interface Answer {
  /** In milliseconds since 1970. */
  readonly time: number
  readonly verdicts: readonly Verdict[]
  /** Of all events that were stored. Those of an append begin after `before[append]`. */
  readonly positions: readonly number[] | null
  readonly before: readonly number[]
}

/** The result of one append of a batch that was stored. Throws where it met another generation. */
export function resultOf(
  { appends, ids }: Append,
  { time, positions, before }: Answer,
  index: number,
  verdict: Exclude<Verdict, { readonly parts: Parts }>,
): AppendResult {
  if ('conflict' in verdict) {
    const [entry, actual] = verdict.conflict
    const { stream, expected } = appends[entry] ?? appends[0]
    throw generationConflict(stream, expected, actual)
  }
  const { generations } = verdict
  const at = new Date(time).toISOString()
  const first = before[index] ?? 0
  const stored: DomainEvent[] = []
  appends.forEach(({ stream, events }, entry) => {
    events.forEach((event, offset) => {
      const sequence = (generations[entry] ?? 0) - events.length + offset + 1
      const position = positions?.[first + stored.length] ?? 0
      stored.push({
        ...event,
        id: idAt(ids[stored.length] ?? '', time),
        ...stream,
        sequence,
        position,
        time: at,
      })
    })
  })
  return { streams: appends.map(({ stream }) => stream), events: stored, generations, repeated: false }
}

/** Ids whose time the database sets: the rest makes each its own. */
export function newIds(count: number): readonly string[] {
  return Array.from({ length: count }, () => uuidv7(0))
}

function idAt(id: string, time: number): string {
  const stamp = time.toString(16).padStart(12, '0')
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}${id.slice(13)}`
}

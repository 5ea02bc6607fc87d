import {
  type AppendOptions,
  type AppendResult,
  type DomainEvent,
  type EventStore,
  type FindCommitOptions,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type StoreCapabilities,
  type StreamAppend,
  type StreamId,
} from '@eventmill/core'
import {
  checkAppend,
  type CheckedAppends,
  type CheckedRead,
  checkFindCommit,
  checkReadAll,
  checkReadStream,
  checkKeys,
  checkWaitForAppend,
  eventmillError,
  eventMatcher,
  generationConflict,
  isExpected,
  repeatedResult,
  type Resolvers,
  streamKey,
  uuidv7,
  withResolvers,
} from '@eventmill/core/adapter'

/** What a test may want to decide itself. */
export interface InMemoryStoreOptions {
  /** The time that events are given, in milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** The id that an event of this time is given. Default: a UUIDv7. */
  readonly createId?: ((time: number) => string) | undefined
}

/**
 * Events in this process's memory: the whole contract and every capability, for tests and prototypes, and as the
 * text to learn from before writing a store.
 *
 * It is right under races because an append never awaits between its first check and its last write. It is fast
 * because the log is an array with the event of position p at index p - 1, and so is each stream by sequence.
 */
export class InMemoryStore implements EventStore {
  readonly capabilities: StoreCapabilities = Object.freeze({
    durable: 'none',
    multiStream: true,
    push: true,
    commitIds: 'forever',
  })

  readonly #clock: () => number
  readonly #createId: (time: number) => string
  readonly #log: DomainEvent[] = []
  readonly #streams = new Map<string, DomainEvent[]>()
  /** By the first stream of the append and its commit id. */
  readonly #commits = new Map<string, AppendResult>()
  /** Those who wait for an append, with what settles their promise. */
  readonly #waiting = new Set<Waiting>()
  #now: number | undefined
  #time = ''
  #closed = false

  constructor(options: InMemoryStoreOptions = {}) {
    checkKeys(options, new Set(['clock', 'createId']), 'options')
    this.#clock = options.clock ?? Date.now
    this.#createId = options.createId ?? uuidv7
  }

  async append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<AppendResult> {
    this.#assertOpen()
    const checked = checkAppend(appends, options)
    const stamp = this.#stamp(checked)
    const [{ stream: first }] = checked
    const commitId = options?.commitId
    const commit = commitId === undefined ? undefined : this.#commits.get(commitKey(first, commitId))
    if (commit !== undefined) return repeatedResult(commit, checked, commitId ?? '')

    for (const { stream, expected } of checked) {
      const actual = this.#streams.get(streamKey(stream))?.length ?? 0
      if (!isExpected(expected, actual)) throw generationConflict(stream, expected, actual)
    }
    const result = this.#store(checked, stamp)
    if (commitId !== undefined && result.events.length > 0) {
      this.#commits.set(commitKey(first, commitId), result)
    }
    for (const { after, resolve } of this.#waiting) if (this.#log.length > after) resolve()
    return result
  }

  async findCommit(
    stream: StreamId,
    commitId: string,
    options?: FindCommitOptions,
  ): Promise<AppendResult | undefined> {
    this.#assertOpen()
    const commit = this.#commits.get(commitKey(checkFindCommit(stream, commitId, options), commitId))
    return commit && { ...commit, repeated: true }
  }

  // Here and below, `yield*` would wait for each event twice.
  async *readStream(stream: StreamId, options?: ReadStreamOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { stream: checked, ...range } = checkReadStream(stream, options)
    for (const event of this.#read(this.#streams.get(streamKey(checked)) ?? [], range)) yield event
  }

  async *readAll(options?: ReadAllOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { filter, ...range } = checkReadAll(options)
    for (const event of this.#read(this.#log, range, eventMatcher(filter))) yield event
  }

  async head(): Promise<Position> {
    this.#assertOpen()
    return this.#log.length
  }

  async waitForAppend(after: Position, signal: AbortSignal): Promise<void> {
    this.#assertOpen()
    checkWaitForAppend(after, signal)
    if (this.#log.length > after) return
    const arrival = withResolvers()
    const waiting = { after, ...arrival }
    const abort = () => {
      arrival.reject(signal.reason)
    }
    this.#waiting.add(waiting)
    signal.addEventListener('abort', abort)
    try {
      await arrival.promise
    } finally {
      this.#waiting.delete(waiting)
      signal.removeEventListener('abort', abort)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of this.#waiting) reject(storeClosed())
  }

  /** The time of an append, and the ids of its events: before the first check, as a user's clock may do anything, even append. */
  #stamp(appends: CheckedAppends): Stamp {
    const now = this.#clock()
    // Appends of the same millisecond have the same text.
    if (now !== this.#now) [this.#now, this.#time] = [now, new Date(now).toISOString()]
    const time = this.#time
    return { time, ids: appends.map(({ events }) => events.map(() => this.#createId(now))) }
  }

  #store(appends: CheckedAppends, { time, ids }: Stamp): AppendResult {
    const stored: DomainEvent[] = []
    const generations = appends.map(({ stream, events }, index) => {
      const { aggregateType, aggregateId } = stream
      const key = streamKey(stream)
      const own = this.#streams.get(key) ?? []
      events.forEach(({ source, type, version, data, metadata }, number) => {
        const id = ids[index]?.[number] ?? ''
        const sequence = own.length + 1
        const position = this.#log.length + 1
        const event = {
          source,
          type,
          version,
          data,
          metadata,
          id,
          aggregateType,
          aggregateId,
          sequence,
          position,
          time,
        }
        Object.freeze(event)
        own.push(event)
        this.#log.push(event)
        stored.push(event)
      })
      if (own.length > 0) this.#streams.set(key, own)
      return own.length
    })
    return Object.freeze({
      streams: Object.freeze(appends.map(({ stream }) => stream)),
      events: Object.freeze(stored),
      generations: Object.freeze(generations),
      repeated: false,
    })
  }

  /** The events of an array whose event number n stands at index n - 1; those that come while it reads are left out. */
  *#read(
    events: readonly DomainEvent[],
    { after, upTo, limit, backwards, signal }: CheckedRead,
    matches: (event: DomainEvent) => boolean = () => true,
  ): Generator<DomainEvent, void> {
    const end = Math.min(upTo, events.length)
    let left = limit
    for (let step = 0; step < end - after && left > 0; step++) {
      const event = events[backwards ? end - 1 - step : after + step]
      if (event === undefined || !matches(event)) continue
      signal?.throwIfAborted()
      this.#assertOpen()
      left -= 1
      yield event
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw storeClosed()
  }
}

/** What a store adds to the events of an append, beside their places. */
interface Stamp {
  readonly time: string
  readonly ids: readonly (readonly string[])[]
}

/** Somebody waits for an append beyond this position. */
interface Waiting extends Resolvers {
  readonly after: Position
}

/** Neither part holds a NUL, so that no two pairs share a key. */
function commitKey(stream: StreamId, commitId: string): string {
  return `${streamKey(stream)}\0${commitId}`
}

function storeClosed(): Error {
  return eventmillError('STORE_CLOSED', 'the store is closed: open another one', {})
}

import {
  type AppendOptions,
  type AppendResult,
  type DomainEvent,
  type EventStore,
  type FindCommitOptions,
  type Generation,
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
  eventMatcher,
  eventmillError,
  generationConflict,
  isExpected,
  repeatedResult,
  uuidv7,
} from '@eventmill/core/adapter'
import { DatabaseSync } from 'node:sqlite'
import { type CommitRow, prepare, SCHEMA, toEvent } from './statements.ts'

export interface SqliteStoreOptions {
  /** The time that events are given, in milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** How long a call waits while another process writes, in milliseconds, before `STORE_BUSY`. Default 5,000. */
  readonly timeout?: number | undefined
}

/**
 * Events in a file of SQLite, which any number of handles and processes may share.
 *
 * It is right under races because SQLite has one writer at a time, and an append is that writer from before its
 * first check until after its last write: positions are given out in the order of the commits.
 */
export class SqliteStore implements EventStore {
  readonly capabilities: StoreCapabilities = {
    durable: 'machine',
    multiStream: true,
    push: false,
    commitIds: 'forever',
  }

  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>
  readonly #clock: () => number

  constructor(file: string, { clock = Date.now, timeout = 5_000 }: SqliteStoreOptions = {}) {
    this.#database = new DatabaseSync(file, { timeout })
    this.#statements = unlessBusy(() => {
      this.#database.exec(SCHEMA)
      return prepare(this.#database)
    })
    this.#clock = clock
  }

  async append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<AppendResult> {
    this.#assertOpen()
    const checked = checkAppend(appends, options)
    const commitId = options?.commitId
    return this.#transaction(() => {
      if (commitId !== undefined) {
        const commit = this.#commit(checked[0].stream, commitId)
        if (commit !== undefined) return repeatedResult(commit, checked, commitId)
      }
      for (const { stream, expected } of checked) {
        const actual = this.#generation(stream)
        if (!isExpected(expected, actual)) throw generationConflict(stream, expected, actual)
      }
      return this.#store(checked, commitId)
    })
  }

  /** Never awaits in between, so that no other handle of this process meets the transaction open. */
  #transaction<Result>(work: () => Result): Result {
    return unlessBusy(() => {
      try {
        this.#database.exec('BEGIN IMMEDIATE')
        const result = work()
        this.#database.exec('COMMIT')
        return result
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  #store(appends: CheckedAppends, commitId: string | undefined): AppendResult {
    const now = this.#clock()
    const time = new Date(now).toISOString()
    const events: DomainEvent[] = []
    const generations = appends.map(({ stream, events: added }) => {
      let sequence = this.#generation(stream)
      for (const { data, metadata, ...event } of added) {
        sequence += 1
        const row = { ...event, ...stream, sequence, id: uuidv7(now), time }
        const texts = { data: JSON.stringify(data), metadata: JSON.stringify(metadata) }
        const { lastInsertRowid } = this.#statements.insertEvent.run({ ...row, ...texts })
        events.push({ ...row, position: Number(lastInsertRowid), data, metadata })
      }
      return sequence
    })
    const [first, last] = [events[0], events.at(-1)]
    if (commitId !== undefined && first !== undefined && last !== undefined) {
      this.#statements.insertCommit.run({
        ...appends[0].stream,
        commitId,
        first: first.position,
        last: last.position,
        streams: JSON.stringify(appends.map(({ stream }) => stream)),
        generations: JSON.stringify(generations),
      })
    }
    return { streams: appends.map(({ stream }) => stream), events, generations, repeated: false }
  }

  async findCommit(
    stream: StreamId,
    commitId: string,
    options?: FindCommitOptions,
  ): Promise<AppendResult | undefined> {
    this.#assertOpen()
    const checked = checkFindCommit(stream, commitId, options)
    return unlessBusy(() => this.#commit(checked, commitId))
  }

  /** Nobody writes between the first event of an append and its last, so that a range of positions names them. */
  #commit(stream: StreamId, commitId: string): AppendResult | undefined {
    const row = this.#statements.commit.get({ ...stream, commitId }) as CommitRow | undefined
    if (row === undefined) return undefined
    const { first, last } = row
    const range = { after: first - 1, upTo: last, limit: last - first + 1 }
    const events = this.#statements.log.forwards.all(range).map(toEvent)
    const generations = JSON.parse(row.generations) as readonly Generation[]
    const streams = JSON.parse(row.streams) as readonly StreamId[]
    return { streams, events, generations, repeated: true }
  }

  async *readStream(stream: StreamId, options?: ReadStreamOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { stream: checked, ...range } = checkReadStream(stream, options)
    const { forwards, backwards } = this.#statements.stream
    const pages = range.backwards ? backwards : forwards
    const end = unlessBusy(() => this.#generation(checked))
    yield* this.#read(range, end, 'sequence', (page) => pages.all({ ...checked, ...page }))
  }

  async *readAll(options?: ReadAllOptions): AsyncGenerator<DomainEvent, void> {
    const end = await this.head()
    const { filter, ...range } = checkReadAll(options)
    const { forwards, backwards } = this.#statements.log
    const pages = range.backwards ? backwards : forwards
    const matches = filter && eventMatcher(filter)
    yield* this.#read(range, end, 'position', (page) => pages.all({ ...page }), matches)
  }

  async head(): Promise<Position> {
    this.#assertOpen()
    return unlessBusy(() => this.#statements.head.get() as { readonly last: Position }).last
  }

  /** Leaves out what comes while it reads. Between two pages nothing is open that a `break` could leave behind. */
  *#read(
    { after, upTo, limit, backwards, signal }: CheckedRead,
    end: number,
    place: 'sequence' | 'position',
    rows: (page: Page) => readonly object[],
    matches?: (event: DomainEvent) => boolean,
  ): Generator<DomainEvent, void> {
    const assertWanted = () => {
      signal?.throwIfAborted()
      this.#assertOpen()
    }
    const range = { after, upTo: Math.min(upTo, end) }
    let left = limit
    while (left > 0 && range.after < range.upTo) {
      assertWanted()
      const size = matches === undefined ? Math.min(left, PAGE) : PAGE
      const page = unlessBusy(() => rows({ ...range, limit: size }))
      for (const event of page.map(toEvent)) {
        if (backwards) range.upTo = event[place] - 1
        else range.after = event[place]
        if (matches?.(event) === false) continue
        assertWanted()
        yield event
        left -= 1
        if (left === 0) return
      }
      if (page.length < size) return
    }
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close()
  }

  #generation(stream: StreamId): Generation {
    return (this.#statements.generation.get({ ...stream }) as { readonly last: Generation }).last
  }

  #assertOpen(): void {
    if (!this.#database.isOpen) {
      throw eventmillError('STORE_CLOSED', 'the store is closed: open another one', {})
    }
  }
}

/** So many rows are held at a time. */
const PAGE = 100

type Page = Pick<CheckedRead, 'after' | 'upTo' | 'limit'>

/** What SQLite comes to; where another process keeps the file locked for too long, `STORE_BUSY`. */
function unlessBusy<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    // SQLITE_BUSY; what else SQLite says of it is in the bits above the lowest eight.
    const busy = (Number(Reflect.get(Object(error), 'errcode')) & 0xff) === 5
    if (!busy) throw error
    const message = 'another process keeps the file locked: call again, or raise options.timeout'
    throw eventmillError('STORE_BUSY', message, { waiting: 1, cause: error })
  }
}

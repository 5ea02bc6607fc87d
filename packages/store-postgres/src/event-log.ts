import { type AppendResult, type Position, type StreamId } from '@eventmill/core'
import { repeatedResult } from '@eventmill/core/adapter'
import {
  type Answer,
  type Append,
  conflictOf,
  outcomeUnknown,
  type Parts,
  resultsOf,
  type Sending,
  valuesOf,
} from './appending/appends.ts'
import { type Outcome } from './group-commit.ts'
import { commitKey, identityOf, lastDigits } from './appending/identity.ts'
import {
  type Database,
  numberArray,
  type Statement,
  statement,
  unseen,
  type Values,
} from './database/database.ts'
import { type EventTypes } from './event-types.ts'
import { EVENT_COLUMNS, eventsOf, PAGE_COLUMNS } from './reading/page.ts'
import { StreamPages } from './reading/stream-pages.ts'

/** How far the log has got. */
export interface Progress {
  readonly head: Position
  readonly newest: Position
}

/** In milliseconds: a failover that loses commits takes longer, after which positions are given out again. */
const VOUCHED = 1_000

const PARTS = ['$1::bigint[]', '$2::integer[]', '$3::integer[]']

/** The statements over the tables of one schema, through one database or one transaction of it. */
export class EventLog {
  readonly streams: StreamPages
  readonly #database: Database
  readonly #types: EventTypes
  readonly #append: Statement
  readonly #findCommit: Statement
  readonly #findLost: Statement
  readonly #commit: Statement
  readonly #horizon: Statement
  readonly #head: Statement
  readonly #progress: Statement
  /** The last head that was told: nothing can be committed before it any more. */
  #vouched: { readonly head: Position; readonly until: number } = { head: 0, until: 0 }

  /** `schema` is quoted. */
  constructor(database: Database, schema: string, types: EventTypes) {
    this.#database = database
    this.#types = types
    this.streams = new StreamPages(database, schema, types)
    this.#append = statement(
      `select ${schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    )
    const ofStream = `from ${schema}.streams s
      where s.aggregate_type = $1 and s.aggregate_id = $2`
    this.#findCommit = statement(`select ${schema}.find_commit(s.stream, $3::uuid) ${ofStream}`)
    this.#findLost = statement(`select ${schema}.find_append(s.stream, $3, $4::integer) ${ofStream}`)
    this.#commit = statement(
      `select s.aggregate_type, s.aggregate_id, e.*
       from unnest(${PARTS.map(unseen).join()}) with ordinality p (stream, first, last, number)
       join ${schema}.streams s using (stream)
       cross join lateral (
         select ${PAGE_COLUMNS} from (
           select ${EVENT_COLUMNS} from ${schema}.events e
           where e.stream = p.stream and e.sequence between p.first and p.last
           order by e.sequence) e) e
       order by p.number`,
    )
    this.#horizon = statement(`select ${schema}.horizon()`)
    this.#head = statement(`select ${schema}.head()`)
    this.#progress = statement(`select ${schema}.head(), (select max(position) from ${schema}.events)`)
  }

  /** Sends a batch of appends once. */
  async append(
    batch: readonly Append[],
    typeKeys: readonly number[],
    sending: Sending,
  ): Promise<readonly Outcome<AppendResult>[]> {
    const [row] = await this.#database.attempt(this.#append, valuesOf(batch, typeKeys, sending))
    const answer = JSON.parse(String(row?.[0])) as Answer
    const results = resultsOf(batch, answer)
    const repeated = await this.#repeated(batch, answer)
    return batch.map((append, index): Outcome<AppendResult> => {
      const result = results[index]
      const verdict = answer.verdicts[index]
      if (result !== undefined) return { result }
      if (verdict == null || 'superseded' in verdict) return { error: outcomeUnknown(append) }
      if ('locked' in verdict) return 'blocked'
      if ('conflict' in verdict) return { error: conflictOf(append, verdict.conflict) }
      return repeated.get(append) ?? { error: outcomeUnknown(append) }
    })
  }

  /** The append that was stored under this commit id, if there is one. */
  async findCommit(
    { aggregateType, aggregateId }: StreamId,
    commitId: string,
    signal?: AbortSignal,
  ): Promise<AppendResult | undefined> {
    const lost = identityOf(commitId)
    const [row] =
      lost === undefined
        ? await this.#database.query(
            this.#findCommit,
            [aggregateType, aggregateId, commitKey(commitId)],
            signal,
          )
        : await this.#database.query(
            this.#findLost,
            [aggregateType, aggregateId, lost.tail, String(lost.count)],
            signal,
          )
    const parts = row?.[0]
    if (parts == null) return undefined
    const [commit] = await this.#commitsOf([JSON.parse(parts) as Parts], signal)
    return commit
  }

  /** The position up to which nothing can still be committed, or `enough`, where that is known to be no further. */
  async horizon(enough: Position, signal?: AbortSignal): Promise<Position> {
    if (enough <= this.#vouched.head && performance.now() < this.#vouched.until) return enough
    const [row] = await this.#database.query(this.#horizon, [], signal)
    return Number(row?.[0])
  }

  async head(): Promise<Position> {
    const [row] = await this.#database.query(this.#head, [])
    const head = Number(row?.[0])
    this.#vouched = { head, until: performance.now() + VOUCHED }
    return head
  }

  /** The head, and the last event that is there, which is beyond it while older appends are in flight. */
  async progress(): Promise<Progress> {
    const [row] = await this.#database.query(this.#progress, [])
    return { head: Number(row?.[0]), newest: Number(row?.[1] ?? 0) }
  }

  /** What becomes of those appends of a batch that were stored before. */
  async #repeated(
    batch: readonly Append[],
    { verdicts }: Answer,
  ): Promise<ReadonlyMap<Append, Outcome<AppendResult>>> {
    const stored = batch.flatMap((append, index) => {
      const verdict = verdicts[index]
      return verdict != null && 'parts' in verdict ? [{ append, parts: verdict.parts }] : []
    })
    if (stored.length === 0) return new Map()
    try {
      const commits = await this.#commitsOf(stored.map(({ parts }) => parts))
      return new Map(stored.map(({ append }, index) => [append, repeatedOutcome(append, commits[index])]))
    } catch (error) {
      // They are stored, whatever has kept their events from being read.
      return new Map(stored.map(({ append }) => [append, { error: outcomeUnknown(append, error) }]))
    }
  }

  /** The commits that have these parts, read at once. */
  async #commitsOf(commits: readonly Parts[], signal?: AbortSignal): Promise<readonly AppendResult[]> {
    const parts = commits.flat()
    const values: Values = [
      numberArray(parts.map(([stream]) => stream)),
      numberArray(parts.map(([, generation, count]) => generation - count + 1)),
      numberArray(parts.map(([, generation]) => generation)),
    ]
    const rows = await this.#database.query(this.#commit, values, signal)
    const found = await Promise.all(
      rows.map(async ([aggregateType, aggregateId, ...page]) => {
        const stream = { aggregateType: String(aggregateType), aggregateId: String(aggregateId) }
        return { stream, events: await eventsOf(page, () => stream, this.#types) }
      }),
    )
    let read = 0
    return commits.map((parts) => {
      const own = found.slice(read, (read += parts.length))
      return {
        streams: own.map(({ stream }) => stream),
        events: own.flatMap(({ events }) => events),
        generations: parts.map(([, generation]) => generation),
        repeated: true,
      }
    })
  }
}

function repeatedOutcome(append: Append, earlier: AppendResult | undefined): Outcome<AppendResult> {
  if (earlier === undefined) return { error: outcomeUnknown(append) }
  try {
    const result = repeatedResult(earlier, append.appends, append.repeatableAs)
    // What the store itself has sent again is new to its caller.
    const own = !append.repeats && result.events[0]?.id.endsWith(lastDigits(append.tails[0] ?? '')) === true
    return { result: { ...result, repeated: !own } }
  } catch (error) {
    return { error }
  }
}

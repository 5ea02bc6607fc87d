import { type StreamId } from '@eventmill/core'
import { type CheckedRead } from '@eventmill/core/adapter'
import {
  type Database,
  numberArray,
  type Statement,
  statement,
  textArray,
  unseen,
} from '../database/database.ts'
import { type EventTypes } from '../event-types.ts'
import {
  bytesOf,
  countOf,
  EVENT_COLUMNS,
  eventsOf,
  lastOf,
  type Page,
  PAGE_BYTES,
  PAGE_COLUMNS,
  type Range,
  upToBudget,
} from './page.ts'

/** A page of a stream that somebody wants. */
export interface StreamRange extends Range {
  readonly stream: StreamId
  readonly size: number
}

/** Reads pages of many streams at once. */
export class StreamPages {
  readonly #database: Database
  readonly #types: EventTypes
  readonly #forwards: Statement
  readonly #backwards: Statement

  constructor(database: Database, schema: string, types: EventTypes) {
    this.#database = database
    this.#types = types
    this.#forwards = pagesStatement(schema, 'asc')
    this.#backwards = pagesStatement(schema, 'desc')
  }

  /** The pages, in the order of the ranges. All together hold no more bytes than one page may. */
  async read(
    ranges: readonly StreamRange[],
    { backwards, signal }: Pick<CheckedRead, 'backwards' | 'signal'>,
  ): Promise<readonly Page[]> {
    const budget = Math.ceil(PAGE_BYTES / ranges.length)
    const values = [
      textArray(ranges.map(({ stream }) => stream.aggregateType)),
      textArray(ranges.map(({ stream }) => stream.aggregateId)),
      numberArray(ranges.map(({ after }) => after)),
      numberArray(ranges.map(({ upTo }) => Math.min(upTo, Number.MAX_SAFE_INTEGER))),
      numberArray(ranges.map(({ size }) => size)),
      String(budget),
    ]
    const rows = await this.#database.query(backwards ? this.#backwards : this.#forwards, values, signal)
    const pages = new Map(rows.map(([number, ...page]) => [Number(number) - 1, page]))
    return ranges.map(({ stream, after, upTo, size }, index) => {
      const page = pages.get(index) ?? []
      const count = countOf(page)
      const last = lastOf(page, 'sequence')
      const events = () => eventsOf(page, () => stream, this.#types)
      const full = count === size || bytesOf(page) >= budget
      if (!full) return { count, events, rest: { after: upTo, upTo } }
      return { count, events, rest: backwards ? { after, upTo: last - 1 } : { after: last, upTo } }
    })
  }

  /** Reads one stream, and leaves out what comes after its first page was read. */
  of(
    stream: StreamId,
    options: Pick<CheckedRead, 'backwards' | 'signal'>,
    first: (range: StreamRange) => Promise<Page> = (range) => this.#page(range, options),
  ): (range: Range & { readonly size: number }) => Promise<Page> {
    if (options.backwards) return (range) => this.#page({ ...range, stream }, options)
    let end: number | undefined
    return async (range) => {
      const page = await first({ ...range, stream })
      const { after, upTo } = page.rest
      if (after >= upTo) return page
      end ??= await this.#lastOf(stream, options)
      return { ...page, rest: { after, upTo: Math.min(upTo, end) } }
    }
  }

  async #page(range: StreamRange, options: Pick<CheckedRead, 'backwards' | 'signal'>): Promise<Page> {
    const [page] = await this.read([range], options)
    if (page === undefined) throw new Error('a range was read without a page')
    return page
  }

  async #lastOf(stream: StreamId, { signal }: Pick<CheckedRead, 'signal'>): Promise<number> {
    const range = { stream, after: 0, upTo: Infinity, size: 1 }
    const [last] = await (await this.#page(range, { backwards: true, signal })).events()
    return last?.sequence ?? 0
  }
}

const RANGES = ['$1::text[]', '$2::text[]', '$3::bigint[]', '$4::bigint[]', '$5::integer[]']

// The laterals keep to the indexes, whatever the planner believes of the sizes of tables.
function pagesStatement(schema: string, direction: 'asc' | 'desc'): Statement {
  return statement(
    `select r.number, e.*
     from unnest(${RANGES.map(unseen).join()})
       with ordinality r (aggregate_type, aggregate_id, after, up_to, size, number)
     cross join lateral (
       select stream from ${schema}.streams s
       where s.aggregate_type = r.aggregate_type and s.aggregate_id = r.aggregate_id offset 0) s
     cross join lateral (
       select ${PAGE_COLUMNS} from (
         ${upToBudget(
           `select ${EVENT_COLUMNS} from ${schema}.events e
            where e.stream = s.stream and e.sequence > r.after and e.sequence <= r.up_to
            order by e.sequence ${direction} limit r.size`,
           `sequence ${direction}`,
           '$6::bigint',
         )}) e) e`,
  )
}

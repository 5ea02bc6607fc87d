import { type EventFilter } from '@eventmill/core'
import { type Database, type Statement, statement, type Values } from '../database/database.ts'
import { type EventTypes } from '../event-types.ts'
import { conditionOf } from './filter.ts'
import {
  bytesAlong,
  bytesOf,
  eventsOf,
  PAGE,
  PAGE_BYTES,
  PAGE_COLUMNS,
  type Page,
  type Range,
} from './page.ts'

/** A filter that finds little looks through so many positions at a time, so that no statement takes long. */
const WINDOW = 50_000
/** How many events a page may have, of which the planner has to know. */
const SIZES = [1, 16, 128, PAGE]

/** Reads pages of the log, filtered. */
export class LogPages {
  readonly #database: Database
  readonly #types: EventTypes
  readonly #backwards: boolean
  readonly #statements: readonly Statement[]
  readonly #values: Values

  constructor(
    database: Database,
    schema: string,
    types: EventTypes,
    { filter, backwards }: { readonly filter: EventFilter | undefined; readonly backwards: boolean },
  ) {
    this.#database = database
    this.#types = types
    this.#backwards = backwards
    const direction = backwards ? 'desc' : 'asc'
    const condition = conditionOf(filter ?? [{}], schema, 3)
    this.#values = condition.values
    this.#statements = SIZES.map((size) =>
      statement(
        `select json_agg(s.aggregate_type), json_agg(s.aggregate_id), ${PAGE_COLUMNS}
         from (
           select e.*, ${bytesAlong('position', direction)} from (
             select * from ${schema}.events e
             where e.position > $1 and e.position <= $2 and ${condition.sql}
             order by e.position ${direction} limit ${size}) e) e
         cross join lateral (
           select s.aggregate_type, s.aggregate_id from ${schema}.streams s where s.stream = e.stream offset 0) s
         where bytes - own_bytes < ${PAGE_BYTES}`,
      ),
    )
  }

  async read({ after, upTo, size }: Range & { readonly size: number }, signal?: AbortSignal): Promise<Page> {
    const index = SIZES.findIndex((most) => most >= size)
    const most = SIZES[index] ?? PAGE
    const from = this.#backwards ? Math.max(after, upTo - WINDOW) : after
    const to = this.#backwards ? upTo : Math.min(upTo, after + WINDOW)
    const read = this.#statements[index] ?? this.#statements[SIZES.length - 1]
    if (read === undefined) throw new Error('there is no statement for a page')
    const [row = []] = await this.#database.query(read, [String(from), String(to), ...this.#values], signal)
    const [aggregateTypes, aggregateIds, ...page] = row
    const types = JSON.parse(aggregateTypes ?? '[]') as readonly string[]
    const ids = JSON.parse(aggregateIds ?? '[]') as readonly string[]
    const found = await eventsOf(
      page,
      (place) => ({ aggregateType: types[place] ?? '', aggregateId: ids[place] ?? '' }),
      this.#types,
    )
    const events = found.length > size ? found.slice(0, size) : found
    const full = found.length >= Math.min(size, most) || bytesOf(page) >= PAGE_BYTES
    const position = events.at(-1)?.position ?? 0
    if (this.#backwards) return { events, rest: { after, upTo: full ? position - 1 : from } }
    return { events, rest: { after: full ? position : to, upTo } }
  }
}

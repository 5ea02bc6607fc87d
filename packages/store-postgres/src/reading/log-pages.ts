import { type EventFilter, type StreamId } from '@eventmill/core'
import {
  type Database,
  type Row,
  type Statement,
  statement,
  unseen,
  type Values,
} from '../database/database.ts'
import { type EventTypes } from '../event-types.ts'
import { conditionOf } from './filter.ts'
import {
  bytesOf,
  countOf,
  EVENT_COLUMNS,
  eventsOf,
  items,
  lastOf,
  PAGE,
  PAGE_BYTES,
  PAGE_COLUMNS,
  type Page,
  type Range,
  upToBudget,
  WIDTH,
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
        `select page.*, (
           select json_agg(json_build_array(s.stream::text, s.aggregate_type, s.aggregate_id))
           from ${schema}.streams s where s.stream = any(page.streams))
         from (
           select ${PAGE_COLUMNS}, array_agg(e.stream) as streams from (
             ${upToBudget(
               `select ${EVENT_COLUMNS} from ${schema}.events e
                where e.position > ${unseen('$1::bigint')} and e.position <= ${unseen('$2::bigint')} and ${condition.sql}
                order by e.position ${direction} limit ${size}`,
               `position ${direction}`,
               String(PAGE_BYTES),
             )}) e) page`,
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
    const [page = []] = await this.#database.query(read, [String(from), String(to), ...this.#values], signal)
    const found = countOf(page)
    const count = Math.min(found, size)
    const events = async () => {
      const all = await eventsOf(page, streamsOf(page), this.#types)
      return found > size ? all.slice(0, size) : all
    }
    const full = found >= Math.min(size, most) || bytesOf(page) >= PAGE_BYTES
    const last = lastOf(page, 'position')
    if (this.#backwards) return { count, events, rest: { after, upTo: full ? last - 1 : from } }
    return { count, events, rest: { after: full ? last : to, upTo } }
  }
}

/** The stream of each event of a page, behind whose columns are the keys of the streams, and their names. */
function streamsOf(page: Row): (index: number) => StreamId {
  const [keys, names] = page.slice(WIDTH)
  const streams = new Map(
    (JSON.parse(names ?? '[]') as readonly (readonly [string, string, string])[]).map(
      ([key, aggregateType, aggregateId]) => [key, { aggregateType, aggregateId }],
    ),
  )
  const byPlace = items(keys)
  return (index) => streams.get(byPlace[index] ?? '') ?? UNNAMED
}

/** No event is stored before its stream is. */
const UNNAMED: StreamId = { aggregateType: '', aggregateId: '' }

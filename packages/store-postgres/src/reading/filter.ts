import { type EventFilter, type EventFilterItem } from '@eventmill/core'
import { invalidArgument } from '@eventmill/core/adapter'
import { textArray, unseen, type Values } from '../database/database.ts'

/** A condition on `events e`, with its values from `$first` on. */
export interface Condition {
  readonly sql: string
  readonly values: Values
}

/** A filter as a condition. No items match nothing; an item without fields matches everything. */
export function conditionOf(filter: EventFilter, schema: string, first: number): Condition {
  if (filter.length > MOST) throw invalidArgument('options.filter', `a list of at most ${MOST} items`, filter)
  const values: (string | null)[] = []
  const bind = (value: string) => `$${first + values.push(value) - 1}`
  // The cast makes it one array: without it, it would be a query for many rows.
  const texts = (list: readonly string[]) => `${unseen(bind(textArray(list)))}::text[]`
  // There are few types: their keys are looked up once for a page.
  const typesOf = (items: EventFilter) => {
    const any = items.map(({ source, types }) =>
      [
        ...(source === undefined ? [] : [`t.source = ${bind(source)}`]),
        ...(types === undefined ? [] : [`t.name = any(${texts(types)})`]),
      ].join(' and '),
    )
    return `e.type = any(array(select t.type from ${schema}.types t where (${any.join(') or (')})))`
  }
  const streamsOf = (items: EventFilter) => {
    const any = texts(items.flatMap(({ aggregateTypes = [] }) => aggregateTypes))
    return `exists (select from ${schema}.streams s where s.stream = e.stream
      and s.aggregate_type = any(${any}) offset 0)`
  }
  const ofType = filter.filter((item) => isOfType(item) && item.aggregateTypes === undefined)
  const ofAggregate = filter.filter((item) => !isOfType(item) && item.aggregateTypes !== undefined)
  const ofBoth = filter.filter((item) => isOfType(item) && item.aggregateTypes !== undefined)
  const hasAll = ofType.length + ofAggregate.length + ofBoth.length < filter.length
  const conditions = [
    ...(hasAll ? ['true'] : []),
    ...(ofType.length > 0 ? [typesOf(ofType)] : []),
    ...(ofAggregate.length > 0 ? [streamsOf(ofAggregate)] : []),
    ...ofBoth.map((item) => `${typesOf([item])} and ${streamsOf([item])}`),
  ]
  return { sql: conditions.length === 0 ? 'false' : `((${conditions.join(') or (')}))`, values }
}

/** With so many items of types and aggregates both, a page takes about a second: whoever has more reads all, and picks. */
const MOST = 1_000

function isOfType({ source, types }: EventFilterItem): boolean {
  return source !== undefined || types !== undefined
}

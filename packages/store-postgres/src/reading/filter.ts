import { type EventFilter, invalidArgument } from '@eventmill/core'
import { textArray, type Values } from '../database/database.ts'

/** A condition on `events e`, with its values from `$first` on. */
export interface Condition {
  readonly sql: string
  readonly values: Values
}

/** A filter as a condition. No items match nothing; an item without fields matches everything. */
export function conditionOf(filter: EventFilter, schema: string, first: number): Condition {
  const values: (string | null)[] = []
  const bind = (value: string) => `$${first + values.push(value) - 1}`
  const items = filter.map(({ source, types, aggregateTypes }) => {
    const ofType = [
      ...(source === undefined ? [] : [`t.source = ${bind(source)}`]),
      ...(types === undefined ? [] : [`t.name = any(${bind(textArray(types))}::text[])`]),
    ]
    const fields = [
      // There are few types: their keys are looked up once for a page.
      ...(ofType.length === 0
        ? []
        : [`e.type = any(array(select t.type from ${schema}.types t where ${ofType.join(' and ')}))`]),
      ...(aggregateTypes === undefined
        ? []
        : [
            `exists (select from ${schema}.streams s where s.stream = e.stream
               and s.aggregate_type = any(${bind(textArray(aggregateTypes))}::text[]) offset 0)`,
          ]),
    ]
    return fields.length === 0 ? 'true' : `(${fields.join(' and ')})`
  })
  if (values.length > MOST) throw invalidArgument('options.filter', `at most ${MOST} fields`, values.length)
  return { sql: items.length === 0 ? 'false' : `(${items.join(' or ')})`, values }
}

/** So many values a statement takes, without those of the page. */
const MOST = 65_000

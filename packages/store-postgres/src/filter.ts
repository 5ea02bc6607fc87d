import { type EventFilter } from '@eventmill/core'

/** A condition on `events e`, `streams s` and `types t`, with its values from `$first` on. */
export interface Condition {
  readonly sql: string
  readonly values: readonly unknown[]
}

/** A filter as a condition. No items match nothing; an item without fields matches everything. */
export function conditionOf(filter: EventFilter | undefined, first: number): Condition {
  if (filter === undefined) return { sql: 'true', values: [] }
  const values: unknown[] = []
  const bind = (value: unknown) => `$${first + values.push(value) - 1}`
  const items = filter.map(({ source, types, aggregateTypes }) => {
    const fields = [
      ...(source === undefined ? [] : [`t.source = ${bind(source)}`]),
      ...(types === undefined ? [] : [`t.name = any(${bind(types)}::text[])`]),
      ...(aggregateTypes === undefined ? [] : [`s.aggregate_type = any(${bind(aggregateTypes)}::text[])`]),
    ]
    return fields.length === 0 ? 'true' : `(${fields.join(' and ')})`
  })
  return { sql: items.length === 0 ? 'false' : `(${items.join(' or ')})`, values }
}

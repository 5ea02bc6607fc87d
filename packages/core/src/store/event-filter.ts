import { type DomainEvent } from '../events/event.ts'
import { type EventFilter, type EventFilterItem } from './event-store.ts'

/** The predicate that a filter stands for; no filter lets everything pass. */
export function eventMatcher(filter: EventFilter | undefined): (event: DomainEvent) => boolean {
  if (filter === undefined) return () => true
  const items = filter.map(itemMatcher)
  return (event) => items.some((matches) => matches(event))
}

function itemMatcher({ source, types, aggregateTypes }: EventFilterItem): (event: DomainEvent) => boolean {
  const typeSet = types && new Set(types)
  const aggregateTypeSet = aggregateTypes && new Set(aggregateTypes)
  return (event) =>
    (source === undefined || source === event.source) &&
    (typeSet === undefined || typeSet.has(event.type)) &&
    (aggregateTypeSet === undefined || aggregateTypeSet.has(event.aggregateType))
}

import {
  type AggregateId,
  type AnyAggregate,
  type NewEvent,
  type Roles,
  type StreamId,
} from '@eventmill/core'
import { checkKeys, invalidArgument } from '@eventmill/core/adapter'
import { encodedForm, storedForm } from './stored-form.ts'

/** An aggregate that a scenario is about. */
export interface Participant {
  /** Absent where the scenario is about one aggregate alone. */
  readonly role: string | undefined
  readonly aggregate: AnyAggregate
  readonly id: AggregateId
}

/** Events by the role of the aggregate that they belong to; a role without any may be absent. */
export type EventsByRole = ReadonlyMap<string | undefined, readonly NewEvent[]>

/** Whom a scenario is about. */
export interface Participants {
  readonly all: readonly Participant[]
  /** What `given` and `decides` are called with. Throws `ARGUMENT_INVALID` for an unknown role. */
  readonly eventsByRole: (events: readonly unknown[]) => EventsByRole
}

/** One aggregate alone: its events come one after the other. */
export function single(aggregate: AnyAggregate, id: AggregateId): Participants {
  return {
    all: [{ role: undefined, aggregate, id }],
    eventsByRole: (events) => new Map([[undefined, events as readonly NewEvent[]]]),
  }
}

/** Several aggregates: their events come by role, as handlers return them. Throws `ARGUMENT_INVALID` for other roles. */
export function joint(aggregates: Roles, ids: { readonly [role: string]: AggregateId }): Participants {
  const roles = new Set(Object.keys(aggregates))
  checkKeys(ids, roles, 'ids')
  const idByRole = new Map(Object.entries(ids))
  const all = Object.entries(aggregates).map(([role, aggregate]) => {
    const id = idByRole.get(role)
    if (id === undefined) throw invalidArgument(`ids.${role}`, `the id of ${aggregate.type}`, id)
    return { role, aggregate, id }
  })
  return {
    all,
    eventsByRole: ([events = {}]) => {
      checkKeys(events, roles, 'events')
      const entries = Object.entries<NewEvent | readonly NewEvent[] | undefined>({ ...events })
      return new Map(entries.map(([role, decision = []]) => [role, [decision].flat()]))
    },
  }
}

/** What has happened to one participant, as a store has it. Throws `EVENT_INVALID` and `VALUE_NOT_JSON`. */
export function storedEvents({ role, aggregate }: Participant, events: EventsByRole): readonly NewEvent[] {
  return (events.get(role) ?? []).map((event) => storedForm(aggregate.definition.codec, event))
}

/** What is decided for one participant, as it is stored. Throws `EVENT_INVALID` and `VALUE_NOT_JSON`. */
export function encodedEvents({ role, aggregate }: Participant, events: EventsByRole): readonly NewEvent[] {
  return (events.get(role) ?? []).map((event) => encodedForm(aggregate.definition.codec, event))
}

export function streamOf({ aggregate, id }: Participant): StreamId {
  return { aggregateType: aggregate.type, aggregateId: String(id) }
}

/** How participants are named to people, as `Account "DE1" (from) and Account "DE2" (to)`. */
export function namesOf(participants: readonly Participant[]): string {
  const names = participants.map(({ role, aggregate, id }) => {
    const name = `${aggregate.type} ${JSON.stringify(id)}`
    return role === undefined ? name : `${name} (${role})`
  })
  return names.join(' and ')
}

import { type DomainEvent, type NewEvent, type StreamId } from '@eventmill/core'
import { ScenarioStore } from './scenario-store.ts'

/** What is used of a projection. */
export interface ProjectionUnderTest<Target> {
  readonly encode: (event: NewEvent) => NewEvent
  readonly decode: (event: DomainEvent) => DomainEvent
  readonly project: (events: readonly DomainEvent[], target: Target) => Promise<void>
  readonly filter: readonly {
    readonly source?: string | undefined
    readonly types?: readonly string[] | undefined
  }[]
}

/** What has happened to one aggregate, after what is before it in the list. */
export interface Happened {
  readonly stream: StreamId
  readonly events: readonly NewEvent[]
}

/**
 * Hands events to a projection as its runner does: stored, those that it does not ask for left out, and decoded. Resolves to
 * the target. `await projectEvents(turnover, new Map(), [{ stream: Account.stream('DE1'), events: […] }])`
 */
export async function projectEvents<Target>(
  projection: ProjectionUnderTest<Target>,
  target: Target,
  history: readonly Happened[],
): Promise<Target> {
  const store = new ScenarioStore()
  const stored = history.flatMap(({ stream, events }) => store.add(stream, events.map(projection.encode)))
  const asked = stored.filter(({ source, type }) =>
    projection.filter.some((item) => item.source === source && item.types?.includes(type) === true),
  )
  if (asked.length > 0) await projection.project(asked.map(projection.decode), target)
  return target
}

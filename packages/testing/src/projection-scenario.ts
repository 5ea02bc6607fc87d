import {
  type DomainEvent,
  type EventDefinition,
  type EventFilter,
  type NewEvent,
  type StreamId,
} from '@eventmill/core'
import { checkKeys, eventMatcher, invalidArgument } from '@eventmill/core/adapter'
import { assertBy } from './assertion.ts'
import { changeLines } from './changes.ts'
import { countOf } from './difference.ts'
import { ScenarioStore } from './scenario-store.ts'
import { storedForm } from './stored-form.ts'

/** What is used of a projection. */
export interface ProjectionUnderTest<Target> {
  /** How it is called in messages. */
  readonly name: string
  /** The events that it handles. */
  readonly filter: EventFilter
  /** The definition of this event's type, if one of its namespaces has it. */
  readonly definitionOf: (event: NewEvent) => EventDefinition | undefined
  /** The event as it is stored. */
  readonly encode: (event: NewEvent) => NewEvent
  /** The event as its handlers see it. */
  readonly decode: (event: DomainEvent) => DomainEvent
  /** Does with decoded events what its handlers say. */
  readonly project: (events: readonly DomainEvent[], target: Target) => Promise<void>
}

/** What one aggregate got at once. */
export interface GivenEvents {
  /** Whose events they are. */
  readonly stream: StreamId
  /** What has happened, in this order. An event of an older version has the data that was stored then. */
  readonly events: readonly NewEvent[]
  /** When: a `Date`, or RFC 3339 such as `2026-01-31T12:00:00Z`, or a day. Default: a second after what is before it in the list. */
  readonly time?: string | Date | undefined
}

/** A projection in a test, for which nothing has happened yet. */
export interface ProjectionScenario<Target> extends GivenProjection<Target> {
  /** What has happened, in this order. */
  given(...history: readonly GivenEvents[]): GivenProjection<Target>
}

/** A projection in a test, with what has happened. */
export interface GivenProjection<Target> {
  /**
   * What the target has become: another one like it, or a function that looks at it, and throws where something is wrong. A
   * function may take its time, as for a database.
   */
  results(expected: Target | ((target: Target) => void | Promise<void>)): Promise<void>
}

export function projectionScenario<Target>(
  projection: ProjectionUnderTest<Target>,
  makeTarget: () => Target | Promise<Target>,
): ProjectionScenario<Target> {
  if (typeof makeTarget !== 'function') {
    throw invalidArgument('target', 'a function that makes one, such as () => new Map()', makeTarget)
  }
  const given = (...history: readonly GivenEvents[]): GivenProjection<Target> => ({
    results: async (expected) => {
      const events = await storedEvents(history, projection)
      const asked = events.filter(eventMatcher(projection.filter))
      const target = await makeTarget()
      if (asked.length > 0) await projection.project(asked.map(projection.decode), target)
      if (isAssertion(expected)) return assertBy('expected', expected, target)
      const lines = changeLines(expected, target)
      if (lines.length === 0) return
      const heading = `${projection.name}, given ${countOf(events)}`
      const shown = lines.map((line) => `    ${line}`).join('\n')
      throw new Error(`${heading}\n  results in something else (expected → found):\n${shown}`)
    },
  })
  return { given, ...given() }
}

/** What has happened, as a store has it. */
async function storedEvents(
  history: readonly GivenEvents[],
  projection: ProjectionUnderTest<never>,
): Promise<readonly DomainEvent[]> {
  const store = new ScenarioStore()
  const stored: DomainEvent[] = []
  for (const [index, one] of history.entries()) {
    checkKeys(one, GIVEN, `given[${index}]`)
    const { stream, events, time } = one
    if (time !== undefined) store.now = milliseconds(time, `given[${index}].time`)
    const happened = events.map((event) => storedForm(projection, event))
    const result = await store.append([{ stream, expected: 'any', events: happened }])
    stored.push(...result.events)
  }
  return stored
}

const GIVEN = new Set(['stream', 'events', 'time'])

/** A day, or a time with its zone: without one it would depend on the machine. */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?$/i

function milliseconds(time: string | Date, argument: string): number {
  const parsed = typeof time === 'string' && !TIME.test(time) ? NaN : new Date(time).getTime()
  if (!Number.isNaN(parsed)) return parsed
  throw invalidArgument(argument, 'a Date, a day, or RFC 3339 such as 2026-01-31T12:00:00Z', time)
}

function isAssertion<Target>(
  expected: Target | ((target: Target) => void | Promise<void>),
): expected is (target: Target) => void | Promise<void> {
  return typeof expected === 'function'
}

import { type DomainEvent, type EventFilter, type NewEvent, type StreamId } from '@eventmill/core'
import { eventMatcher } from '@eventmill/core/adapter'
import { differences } from './differences.ts'
import { ScenarioStore } from './scenario-store.ts'

/** What is used of a projection. */
export interface ProjectionUnderTest<Target> {
  readonly name: string
  readonly version: number
  readonly filter: EventFilter
  readonly encode: (event: NewEvent) => NewEvent
  readonly decode: (event: DomainEvent) => DomainEvent
  readonly project: (events: readonly DomainEvent[], target: Target) => Promise<void>
}

/** What has happened to one aggregate, after what is told before it. */
export interface StreamEvents {
  readonly stream: StreamId
  readonly events: readonly NewEvent[]
  /** When: RFC 3339. Default: a second after what was told before it, from 1970 on. */
  readonly time?: string | undefined
}

/** A projection in a test, with what it writes to. */
export interface ProjectionScenario<Target> {
  /** What happens, in this order. */
  given(...history: readonly StreamEvents[]): ProjectionOutcome<Target>
}

export interface ProjectionOutcome<Target> {
  /**
   * What is in the target then: the same as this, or what a function of yours finds in order. Rejects with an error that shows
   * where it differs, or with what the function throws.
   */
  results(expected: Target | ((target: Target) => unknown)): Promise<void>
}

/** The scenario of a projection, whose events go the way that they go in earnest: encoded, filtered, decoded, in order. */
export function projectionScenario<Target>(
  projection: ProjectionUnderTest<Target>,
  target: Target,
): ProjectionScenario<Target> {
  return {
    given: (...history) => ({
      results: async (expected) => {
        const store = new ScenarioStore()
        const stored = history.flatMap(({ stream, events, time }) =>
          store.add(stream, events.map(projection.encode), time),
        )
        const asked = stored.filter(eventMatcher(projection.filter))
        if (asked.length > 0) await projection.project(asked.map(projection.decode), target)
        if (isFunction(expected)) {
          await expected(target)
          return
        }
        const found = differences(expected, target)
        if (found.length === 0) return
        const { name, version } = projection
        const heading = `version ${version} of ${name}, given ${stored.length} events, of which it asks for ${asked.length}`
        const lines = found.slice(0, MOST).map((line) => `    ${line}`)
        if (found.length > MOST) lines.push(`    … and ${found.length - MOST} more`)
        throw new Error(`${heading}\n  results in something else (expected → found):\n${lines.join('\n')}`)
      },
    }),
  }
}

/** So many differences are shown. */
const MOST = 20

function isFunction<Target>(
  expected: Target | ((target: Target) => unknown),
): expected is (target: Target) => unknown {
  return typeof expected === 'function'
}

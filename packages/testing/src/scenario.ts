import {
  type AggregateShape,
  type AnyAggregate,
  Core,
  type DispatchOptions,
  type DomainCommand,
  type IdOf,
  type NewEvent,
  type StateOf,
  type VersionedAggregate,
} from '@eventmill/core'
import { invalidArgument } from '@eventmill/core/adapter'
import { areSame, difference } from './difference.ts'
import { isExpectedError, type ExpectedError, describeError, describeExpected } from './expected-error.ts'
import { ScenarioStore } from './scenario-store.ts'

/** An aggregate in a test, of which nothing has happened yet. */
export interface Scenario<A extends AnyAggregate> extends GivenScenario<A> {
  /** What has happened before. */
  given(...events: readonly EventOfAggregate<A>[]): GivenScenario<A>
}

/** An aggregate in a test, with what has happened before. */
export interface GivenScenario<A extends AnyAggregate> {
  /** The command that comes, with the context that its handler asks for. */
  when<Context>(
    command: DomainCommand<VersionedAggregate<IdOf<A>, StateOf<A>>, Context>,
    ...options: undefined extends Context
      ? [options?: DispatchOptions<NoInfer<Context>>]
      : [options: DispatchOptions<NoInfer<Context>>]
  ): Outcome<EventOfAggregate<A>>
}

/** What is to come of a command. Each rejects with an error that shows the difference, if something else does. */
export interface Outcome<Event> {
  /** Exactly these events, in this order; none, for a command that decides nothing. */
  decides(...events: readonly Event[]): Promise<void>
  /** An error of this class, with this code, with a message like this, with these fields, or just like this one. */
  rejects(error: ExpectedError): Promise<void>
}

/** The events of an aggregate, as decided. */
type EventOfAggregate<A> = A extends { readonly shape?: infer Shape extends AggregateShape }
  ? Shape['event']
  : never

/**
 * Tests an aggregate by what it decides: `await scenario(Account, 'DE1').given(…).when(…).decides(…)`. Events and commands
 * go the way that they go in earnest: encoded, decoded, applied, and decided by the handler. Works with any test runner.
 */
export function scenario<A extends AnyAggregate>(aggregate: A, id: IdOf<A>): Scenario<A> {
  const given = (events: readonly NewEvent[]): GivenScenario<A> => ({
    // The types of the command and of its context have done their work.
    when: (command, ...options) => outcome(aggregate, id, events, command as DomainCommand, options[0]),
  })
  return { given: (...events) => given(events), ...given([]) }
}

type AnyOptions = DispatchOptions<unknown> | undefined

function outcome(
  { type, definition }: AnyAggregate,
  id: string | number,
  events: readonly NewEvent[],
  command: DomainCommand,
  options: AnyOptions,
): Outcome<NewEvent> {
  const stream = { aggregateType: type, aggregateId: String(id) }
  const heading = `${command.type} on ${type} ${JSON.stringify(stream.aggregateId)}, given ${countOf(events)}`
  const decided = async (): Promise<readonly NewEvent[]> => {
    if (command.aggregateType !== type || command.aggregateId !== id) {
      throw invalidArgument('command', `one to ${type} ${JSON.stringify(id)}, as the scenario is`)
    }
    const store = new ScenarioStore()
    store.add(stream, events.map(definition.codec.encode))
    await new Core(store).dispatchCommand<unknown, unknown>(command, options ?? { context: undefined })
    return store.eventsOf(stream).slice(events.length)
  }
  return {
    decides: async (...expected) => {
      const wanted = expected.map(definition.codec.encode)
      const found = await decided().catch((error: unknown) => {
        throw new Error(
          `${heading}\n  decides ${countOf(expected)}, but it was rejected: ${describeError(error)}`,
          {
            cause: error,
          },
        )
      })
      if (areSame(wanted, found)) return
      throw new Error(
        `${heading}\n  decides other events (- expected, + decided):\n${difference(wanted, found)}`,
      )
    },
    rejects: async (expected) => {
      let found: readonly NewEvent[]
      try {
        found = await decided()
      } catch (error) {
        if (isExpectedError(expected, error)) return
        const message = `${heading}\n  is rejected otherwise\n  - ${describeExpected(expected)}\n  + ${describeError(error)}`
        throw new Error(message, { cause: error })
      }
      throw new Error(
        `${heading}\n  is not rejected with ${describeExpected(expected)}, but decides\n${difference([], found)}`,
      )
    },
  }
}

function countOf(events: readonly unknown[]): string {
  return events.length === 1 ? '1 event' : `${events.length === 0 ? 'no' : events.length} events`
}

import {
  type AggregateId,
  type AggregateShape,
  type AnyAggregate,
  type Command,
  type Decision,
  type DispatchOptions,
  type IdOf,
  type JointDecision,
  type JointResult,
  type NewEvent,
  type Roles,
  type StateOf,
  type VersionedAggregate,
} from '@eventmill/core'
import { type AnyCommand } from './decide.ts'
import { outcome, type Outcome } from './outcome.ts'
import { type EventsByRole, joint, single } from './participants.ts'
import {
  type ProjectionScenario,
  projectionScenario,
  type ProjectionUnderTest,
} from './projection-scenario.ts'

/**
 * Aggregates in a test, of which nothing has happened yet. `Given` is what may have, `Events` what may be decided, `Result`
 * what commands to them resolve to.
 */
export interface Scenario<
  Given extends readonly unknown[],
  Events extends readonly unknown[],
  Result,
> extends GivenScenario<Events, Result> {
  /** What has happened before. An event of an older version has the data that was stored then. */
  given(...events: Given): GivenScenario<Events, Result>
}

/** Aggregates in a test, with what has happened before. */
export interface GivenScenario<Events extends readonly unknown[], Result> {
  /** The command that comes, with the context that its handler asks for. */
  when<Context>(
    command: Command<Result, Context>,
    ...options: undefined extends Context
      ? [options?: DispatchOptions<NoInfer<Context>>]
      : [options: DispatchOptions<NoInfer<Context>>]
  ): Outcome<Events>
}

/** The events of an aggregate, as decided. */
type EventOfAggregate<A> = A extends { readonly shape?: infer Shape extends AggregateShape }
  ? Shape['event']
  : never

/**
 * An event of the namespaces of these, in whichever version it was stored: in an older one, it has other data. Its type is any
 * text, as it is of an object that was written down before; one that the namespaces do not have fails when the test runs.
 */
export type InAnyVersion<Event> =
  Event extends NewEvent<infer Source, infer Type> ? NewEvent<Source, Type | (string & {})> : never

/** What has happened to several aggregates, by role. */
export type GivenByRole<R extends Roles> = {
  readonly [Role in keyof R]?: Decision<InAnyVersion<EventOfAggregate<R[Role]>>>
}

/**
 * Tests an aggregate by what it decides: `await scenario(Account, 'DE1').given(…).when(…).decides(…)`. Events and commands
 * go the way that they go in earnest: encoded, decoded, applied, and decided by the handler. Works with any test runner.
 */
export function scenario<A extends AnyAggregate>(
  aggregate: A,
  id: IdOf<A>,
): Scenario<
  readonly InAnyVersion<EventOfAggregate<A>>[],
  readonly EventOfAggregate<A>[],
  VersionedAggregate<IdOf<A>, StateOf<A>>
>
/**
 * Tests a command over several aggregates: `await scenario(Transfer, { from: 'DE1', to: 'DE2' }).given(…).when(…).decides(…)`.
 * Events are told by role, as its handler returns them; a role that is left out has none. Throws `ARGUMENT_INVALID` for
 * a role that the command does not have.
 */
export function scenario<R extends Roles>(
  command: { readonly aggregates: R },
  ids: { readonly [Role in keyof R]: IdOf<R[Role]> },
): Scenario<[events?: GivenByRole<R>], [events?: JointDecision<R>], JointResult<R>>
/**
 * Tests a projection by what it makes of events: `await scenario(turnover, () => new Map()).given({ stream, events, time }, …)
 * .results(…)`. Each `results` begins with a target of its own. Events go the way that they go in earnest: encoded, stored,
 * those that the projection does not ask for left out, and decoded.
 */
export function scenario<Target>(
  projection: ProjectionUnderTest<Target>,
  makeTarget: () => NoInfer<Target> | Promise<NoInfer<Target>>,
): ProjectionScenario<Target>
export function scenario(
  about: AnyAggregate | { readonly aggregates: Roles } | ProjectionUnderTest<unknown>,
  ids: unknown,
): unknown {
  if ('project' in about) return projectionScenario(about, ids as () => unknown)
  // Which of both it is decides what the ids are, and the types of the events and commands have done their work by then.
  const participants =
    'aggregates' in about
      ? joint(about.aggregates, ids as { readonly [role: string]: AggregateId })
      : single(about, ids as AggregateId)
  const given = (events: EventsByRole) => ({
    when: (command: AnyCommand, options?: DispatchOptions<unknown>) =>
      outcome(participants, events, command, options),
  })
  return {
    given: (...events: readonly unknown[]) => given(participants.eventsByRole(events)),
    ...given(participants.eventsByRole([])),
  }
}

import { eventmillError } from '../errors.ts'
import { type DomainEvent, type NewEvent } from '../events/event.ts'
import { eventCodec } from '../events/event-codec.ts'
import { type AnyNamespace, type EventOf, type EventOfType, type StoredEvent } from '../events/namespace.ts'
import { type StreamId } from '../events/stream.ts'
import { checkKeys, checkName } from '../argument-checks.ts'
import { checkSnapshotRules, type SnapshotRules } from '../snapshots/snapshot-rules.ts'
import {
  type AggregateDefinition,
  type AggregateId,
  streamOf,
  type VersionedAggregate,
} from './aggregate-definition.ts'
import {
  attachDefinition,
  checkCommandOptions,
  COMMAND_FIELDS,
  type CommandCreator,
  type CommandDefinition,
  type CommandOptions,
  commandUnknown,
  type DomainCommand,
  isRecord,
  optionalFields,
  resolveTarget,
} from './command.ts'
import {
  type ContextOf,
  type ContextOfAny,
  type DataOf,
  type Decision,
  decisionList,
  whenDecided,
} from './handler.ts'

/** A consistency boundary: its rules, and the creators of its commands. */
export interface Aggregate<Shape extends AggregateShape = AggregateShape> {
  /** The first part of the name of each such aggregate's stream. */
  readonly type: string
  /** A creator for each handler: `Account.commands.Deposit(id, data, options)`. */
  readonly commands: {
    readonly [Name in keyof Shape['handlers']]: CommandCreator<
      Shape['id'],
      DataOf<Shape['handlers'][Name]>,
      CommandOptions,
      CommandOf<Shape, ContextOf<Shape['handlers'][Name]>>
    >
  }
  /**
   * Revives a command from JSON. Throws `COMMAND_UNKNOWN` for what is no command of this aggregate, and
   * `ARGUMENT_INVALID` for fields that a command does not have. Its data is taken as it comes: validate what a
   * stranger has sent.
   */
  command(json: unknown): CommandOf<Shape, ContextOfAny<Shape['handlers']>>
  /** The stream that holds the events of one such aggregate. Throws `ARGUMENT_INVALID`. */
  stream(id: Shape['id']): StreamId
  /** The rules, for `Core` and for tools: what they are made of is no concern of users. */
  readonly definition: AggregateDefinition
  /** Never present: it only carries the types. */
  readonly shape?: Shape
}

/** The types that an aggregate is made of. */
export interface AggregateShape {
  /** What `initialize` takes. */
  id: AggregateId
  /** What `apply` returns. */
  state: unknown
  /** The events of its namespaces, as decided. */
  event: NewEvent
  /** The functions of `handle`, by the names of their commands. */
  handlers: object
}

/** A command of this aggregate. */
type CommandOf<Shape extends AggregateShape, Context> = DomainCommand<
  VersionedAggregate<Shape['id'], Shape['state']>,
  Context
>

/** Any aggregate, where its commands do not matter. */
export type AnyAggregate = Pick<Aggregate, 'type' | 'definition'> & { readonly shape?: AggregateShape }

/** The state of an aggregate. */
export type StateOf<A> = ShapeOf<A>['state']

/** The id of an aggregate. */
export type IdOf<A> = ShapeOf<A>['id']

/** The types that an aggregate is made of. */
export type ShapeOf<A> = A extends { readonly shape?: infer Shape extends AggregateShape } ? Shape : never

/**
 * One applier for each type of event: `(state, event) => state`. Where the state is made of literals, an applier takes
 * at least one parameter: TypeScript types the others before it knows the state, and widens what they return.
 */
export type Appliers<State, Namespace extends AnyNamespace> = {
  readonly [Type in Namespace['types'][number]]: NoInfer<
    Applier<State, StoredEvent<EventOfType<EventOf<Namespace>, Type>>>
  >
}

type Applier<State, Event> = (state: State, event: Event) => State

/** Handlers by command name: `(state, data, context) => events`, at once or later. */
export interface Handlers<State, Event> {
  readonly [command: string]: (
    state: Uninferred<State>,
    data: never,
    context: never,
  ) => Decision<Event> | Promise<Decision<Event>>
}

/** Like `NoInfer`, but it leaves no wrapper in what an editor shows. */
type Uninferred<T> = [T][T extends unknown ? 0 : never]

/**
 * Defines an aggregate. `apply` must not fail, has no effects, and returns a new state, since states are frozen; `handle`
 * has no effects either, and may run several times for one command. Errors that a handler throws reach the caller of the dispatch unchanged.
 *
 * Throws `DEFINITION_INVALID` for a repeated namespace, and for an event type without an applier.
 */
export function defineAggregate<
  Id extends AggregateId,
  State,
  Namespace extends AnyNamespace,
  Handling extends Handlers<State, EventOf<Namespace>>,
>(definition: {
  /** The first part of the name of each such aggregate's stream. */
  readonly type: string
  /** The namespace of its events, or several. */
  readonly events: Namespace | readonly Namespace[]
  /** The state before the first event. */
  readonly initialize: (id: Id) => State
  readonly apply: Appliers<State, Namespace>
  readonly handle: Handling
  /** When snapshots are made, where `Core` has a store for them. Default: never. */
  readonly snapshots?: SnapshotRules<NoInfer<State>> | undefined
}): Aggregate<{ id: Id; state: State; event: EventOf<Namespace>; handlers: Handling }> {
  const rules = aggregateRules(definition)
  const handlers = Object.entries<Handler>(definition.handle as never)
  const definitions = new Map(handlers.map(([type, handle]) => [type, commandRules(rules, type, handle)]))

  const creators = [...definitions].map(([type, rulesOfType]) => {
    const create = (aggregateId: AggregateId, data: unknown, options: CommandOptions = {}) => {
      checkCommandOptions(options)
      const fields = { aggregateType: rules.type, aggregateId, type, data, ...optionalFields(options) }
      return attachDefinition(fields, rulesOfType)
    }
    return [type, create] as const
  })

  const revive = (json: unknown) => {
    const rulesOfType = isRecord(json) ? definitions.get(json.type as string) : undefined
    if (!isRecord(json) || rulesOfType === undefined) {
      throw commandUnknown(json, `${rules.type} has ${[...definitions.keys()].join(', ')}`)
    }
    if (json.aggregateType !== rules.type) {
      throw commandUnknown(json, `it is addressed to ${String(json.aggregateType)}, not to ${rules.type}`)
    }
    checkKeys(json, COMMAND_FIELDS, 'command')
    const { aggregateType, aggregateId, type, data } = json
    return attachDefinition({ aggregateType, aggregateId, type, data, ...optionalFields(json) }, rulesOfType)
  }

  const aggregate = {
    type: rules.type,
    commands: Object.fromEntries(creators),
    command: revive,
    stream: (id: AggregateId) => streamOf(rules, id),
    definition: rules,
  }
  // The types of the commands are not to be had from a loop over their names.
  return aggregate as never
}

type Handler = (state: unknown, data: unknown, context: unknown) => Decision | Promise<Decision>

function aggregateRules(definition: {
  readonly type: string
  readonly events: AnyNamespace | readonly AnyNamespace[]
  readonly initialize: (id: never) => unknown
  readonly apply: object
  readonly handle: object
  readonly snapshots?: SnapshotRules | undefined
}): AggregateDefinition {
  const { type, initialize, snapshots } = definition
  checkName(type, 'type')
  for (const part of ['events', 'apply', 'handle'] as const) {
    if (!isRecord(definition[part])) throw invalidDefinition(type, `has no ${part}: add it`)
  }
  const namespaces = [definition.events].flat() as readonly AnyNamespace[]
  const codec = eventCodec(namespaces)
  const appliers = new Map<string, unknown>(Object.entries(definition.apply)) as Map<string, Apply>
  const types = new Set(namespaces.flatMap((namespace) => namespace.types))
  const unknown = [...appliers.keys()].find((eventType) => !types.has(eventType))
  if (unknown !== undefined) {
    throw invalidDefinition(
      type,
      `applies ${unknown}, which none of its namespaces defines: remove it, or its typing error`,
    )
  }
  for (const { source, types } of namespaces) {
    const missing = types.find((eventType) => typeof appliers.get(eventType) !== 'function')
    if (missing === undefined) continue
    throw invalidDefinition(type, `does not apply ${missing} of ${source}: add it to apply`)
  }
  if (typeof initialize !== 'function') throw invalidDefinition(type, 'has no initialize: add it')
  const wrong = Object.entries(definition.handle).find(([, handler]) => typeof handler !== 'function')
  if (wrong !== undefined) {
    throw invalidDefinition(type, `has no function to handle ${wrong[0]}: add it to handle`)
  }
  return {
    type,
    codec,
    initialize: initialize,
    apply: (state, event) => appliers.get(event.type)?.(state, event),
    snapshots: snapshots && checkSnapshotRules(snapshots, type),
  }
}

function invalidDefinition(type: string, reason: string): Error {
  const message = `the aggregate ${type} ${reason}`
  return eventmillError('DEFINITION_INVALID', message, { definition: type })
}

type Apply = (state: unknown, event: DomainEvent) => unknown

function commandRules(aggregate: AggregateDefinition, type: string, handle: Handler): CommandDefinition {
  return {
    targets: (command) => [resolveTarget(aggregate, command as DomainCommand, 'command')],
    decide: ([state], data, context) =>
      whenDecided(handle(state, data, context), (decision) => [decisionList(decision, type)]),
    result: ([aggregate]) => aggregate,
  }
}

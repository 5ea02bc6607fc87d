import {
  type AnyNamespace,
  type DomainEvent,
  type EventDefinition,
  type EventFilter,
  type EventOf,
  type NewEvent,
  type StoredEvent,
} from '@eventmill/core'
import {
  checkInteger,
  checkKeys,
  checkName,
  eventCodec,
  eventmillError,
  invalidArgument,
} from '@eventmill/core/adapter'
import { type CheckedFailurePolicy, checkFailurePolicy, type FailurePolicy } from './failure-policy.ts'

/** A read model in the making: what it does with which events, in one version. */
export interface Projection<Target = never> {
  /** How it is called in its store, and by people. */
  readonly name: string
  /** From 1. */
  readonly version: number
  /** Into so many parts its events are divided, by aggregate. */
  readonly partitions: number
  /** Whether each version is built from the first event on. */
  readonly replay: boolean
  /** The events that it handles. */
  readonly filter: EventFilter
  /** What becomes of an event that its handler cannot take: the policy with its defaults. */
  readonly onFailure: CheckedFailurePolicy
  /** Whether it takes many events at once. */
  readonly handlesBatches: boolean
  /** The definition of this event's type, if one of its namespaces has it. */
  readonly definitionOf: (event: NewEvent) => EventDefinition | undefined
  /** The event as it is stored. Throws `EVENT_INVALID`. */
  readonly encode: (event: NewEvent) => NewEvent
  /** The event as its handlers see it. Throws `EVENT_UNREADABLE`. */
  readonly decode: (event: DomainEvent) => DomainEvent
  /** Does with decoded events, in their order, what its handlers say. */
  readonly project: (events: readonly DomainEvent[], target: Target) => Promise<void>
  /** Makes what this version writes to. Does nothing where the definition does not say how. */
  readonly create: (target: Target) => Promise<void>
  /** Runs in the transaction in which this version begins to serve. Does nothing where the definition does not say how. */
  readonly serve: (target: Target) => Promise<void>
  /** Removes what `create` has made. Does nothing where the definition does not say how. */
  readonly drop: (target: Target) => Promise<void>
}

/** Those of these events that bear this type. */
type OfType<Event, Type> = Event extends { readonly type: Type } ? Event : never

/** Whatever a handler returns, it is waited for, and means nothing. */
type Done = unknown

interface Definition<Namespace, Target> {
  /** How it is called in its store, and by people. */
  readonly name: string
  /** From 1. A new one is built beside the one that serves, and takes its place when it has caught up. */
  readonly version: number
  /** The namespace of its events, or several. */
  readonly events: Namespace | readonly Namespace[]
  /** Into so many parts its events are divided, by aggregate, each worked on by one process at a time. Default 1. */
  readonly partitions?: number | undefined
  /**
   * Whether each version is built from the first event on. `false` is for what sends or dispatches: its first version begins with
   * what is stored after it was made, and each next one where the one before it is. Default true.
   */
  readonly replay?: boolean | undefined
  /** What becomes of an event that its handler cannot take. Default: it is tried again, and then the projection stops. */
  readonly onFailure?: FailurePolicy | undefined
  /** Makes what this version writes to, such as its tables. Runs once, before the first event. */
  readonly create?: ((target: Target) => Done) | undefined
  /**
   * Runs in the transaction in which this version begins to serve, the first one right after `create`: the place to make
   * and to switch a view.
   */
  readonly serve?: ((target: Target) => Done) | undefined
  /** Removes what `create` has made, when the version is dropped. */
  readonly drop?: ((target: Target) => Done) | undefined
}

/** Handlers by event type; of events without one the projection is not told. */
export type EventHandlers<Namespace extends AnyNamespace, Target> = {
  readonly [Type in Namespace['types'][number]]?: (
    event: StoredEvent<OfType<EventOf<Namespace>, Type>>,
    target: Target,
  ) => Done
}

/** Either of both. */
type Handling<Namespace extends AnyNamespace, Target> =
  | { readonly handle: EventHandlers<Namespace, Target>; readonly handleBatch?: undefined }
  | { readonly handleBatch: BatchHandler<Namespace, Target>; readonly handle?: undefined }

type BatchHandler<Namespace extends AnyNamespace, Target> = (
  events: readonly StoredEvent<EventOf<Namespace>>[],
  target: Target,
) => Done

/**
 * Defines a projection. `handle` has a function for each type of event that matters: `(event, target) => …`, where the target
 * is what the projection's store offers, such as the client of a transaction. `handleBatch` takes many events at once, in
 * their order: `(events, target) => …`. A handler that fails is called again, so it writes to its target alone.
 *
 * Throws `DEFINITION_INVALID` and `ARGUMENT_INVALID`.
 */
export function defineProjection<Namespace extends AnyNamespace, Target>(
  definition: Definition<Namespace, Target> & Handling<Namespace, Target>,
): Projection<Target> {
  // Whatever its types are: they have done their work.
  return projectionOf(definition as unknown as AnyDefinition) as never
}

function projectionOf(definition: AnyDefinition): Projection {
  checkKeys(definition, KEYS, 'definition')
  const {
    name,
    version,
    partitions = 1,
    replay = true,
    onFailure = {},
    handle,
    handleBatch,
    create,
    serve,
    drop,
  } = definition
  checkName(name, 'definition.name')
  checkInteger(version, 1, 'definition.version')
  checkInteger(partitions, 1, 'definition.partitions')
  if (typeof replay !== 'boolean') throw invalidArgument('definition.replay', 'a boolean', replay)
  const refuse = (reason: string) => {
    throw eventmillError('DEFINITION_INVALID', `the projection ${name} ${reason}`, { definition: name })
  }
  if (partitions > MOST_PARTITIONS) refuse(`has ${partitions} partitions: ${MOST_PARTITIONS} is the most`)
  const namespaces = [(definition.events as AnyNamespace | undefined) ?? []].flat()
  if (namespaces.length === 0) refuse('has no events: give it a namespace')
  if ((handle === undefined) === (handleBatch === undefined)) refuse('needs either handle or handleBatch')
  const codec = eventCodec(namespaces)
  const handlers = new Map(Object.entries(handle ?? {}))
  const types = namespaces.flatMap((namespace) => namespace.types)
  const unknown = [...handlers.keys()].find((type) => !types.includes(type))
  if (unknown !== undefined) refuse(`handles ${unknown}, which none of its namespaces defines`)
  for (const [what, hook] of [...handlers, ...Object.entries({ handleBatch, create, serve, drop })]) {
    if (hook !== undefined && typeof hook !== 'function') refuse(`has ${what}, which is no function`)
  }
  return {
    name,
    version,
    partitions,
    replay,
    onFailure: checkFailurePolicy(onFailure),
    handlesBatches: handleBatch !== undefined,
    filter: namespaces.map(({ source, types }) => ({
      source,
      types: handleBatch === undefined ? types.filter((type) => handlers.has(type)) : types,
    })),
    definitionOf: codec.definitionOf,
    encode: codec.encode,
    decode: codec.decode,
    project: async (events, target) => {
      if (handleBatch !== undefined) {
        await handleBatch(events, target)
        return
      }
      for (const event of events) await handlers.get(event.type)?.(event, target)
    },
    create: async (target) => {
      await create?.(target)
    },
    serve: async (target) => {
      await serve?.(target)
    },
    drop: async (target) => {
      await drop?.(target)
    },
  }
}

/** A definition, once its types have done their work. */
interface AnyDefinition extends Definition<AnyNamespace, never> {
  readonly handle?: { readonly [type: string]: AnyHandler<DomainEvent> | undefined } | undefined
  readonly handleBatch?: AnyHandler<readonly DomainEvent[]> | undefined
}

type AnyHandler<Events> = (events: Events, target: never) => Done

/** Each has a checkpoint and a reader of its own. */
const MOST_PARTITIONS = 1_024

const KEYS = new Set([
  'name',
  'version',
  'events',
  'partitions',
  'replay',
  'onFailure',
  'create',
  'serve',
  'drop',
  'handle',
  'handleBatch',
])

import { eventmillError } from '../errors.ts'
import { isName } from '../argument-checks.ts'
import { type DomainEvent, type NewEvent } from './event.ts'

/**
 * A set of event types under one URI, `source`. It holds a creator for each type: `accountEvents.Deposited(data)`
 * returns a `NewEvent`.
 */
export type EventNamespace<Source extends string = string, Payloads extends object = object> = {
  /** The URI that owns these types. */
  readonly source: Source
  /** The names of the types, in the order of their definition. */
  readonly types: readonly (keyof Payloads & string)[]
  /** How each type's payload is stored and read. */
  readonly definitions: { readonly [Type in keyof Payloads]: EventDefinition<Payloads[Type]> }
} & { readonly [Type in keyof Payloads & string]: EventCreator<Source, Type, Payloads[Type]> }

/** Makes an event of one type; the payload may be left out where all of it is optional. */
export type EventCreator<Source extends string, Type extends string, Data> = (
  ...data: Nothing extends Data ? [data?: Data] : [data: Data]
) => NewEvent<Source, Type, Data>

// An interface would not be assignable to `Record<string, never>`, which is the type of zod's empty objects.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/consistent-type-definitions
type Nothing = {}

/**
 * How the payload of one event type travels between handlers and a store. What its functions throw becomes the
 * cause of an `EVENT_INVALID` or `EVENT_UNREADABLE`; an array in the error's `issues` is passed on.
 */
export interface EventDefinition<Data = unknown> {
  /** The newest version, under which events are written. */
  readonly version: number
  /** `data` as JSON. Throws when `data` is not what the type allows. */
  encode(data: Data): unknown
  /** `json`, stored under `version`, as newest data. Throws when that version is unknown, or refused. */
  decode(json: unknown, version: number): Data
  /** Throws unless `json` may be stored under `version`. Default: whatever `decode` accepts. */
  check?(json: unknown, version: number): void
}

/** Any namespace, where its types do not matter. */
export interface AnyNamespace {
  /** The URI that owns these types. */
  readonly source: string
  /** The names of the types, in the order of their definition. */
  readonly types: readonly string[]
  /** How each type's payload is stored and read: an `EventDefinition` for each name. */
  readonly definitions: object
}

/** Every event, as decided, of these namespaces. */
export type EventOf<Namespace> =
  Namespace extends EventNamespace<infer Source, infer Payloads>
    ? { [Type in keyof Payloads & string]: NewEvent<Source, Type, Payloads[Type]> }[keyof Payloads & string]
    : never

/** The stored form of decided events. */
export type StoredEvent<Event> =
  Event extends NewEvent<infer Source, infer Type, infer Data> ? DomainEvent<Source, Type, Data> : never

/** Those of these events that bear this type. */
export type EventOfType<Event, Type> = Event extends { readonly type: Type } ? Event : never

/**
 * A payload that is known to the compiler alone: stored as it is, under version 1, unchecked beyond being JSON.
 * `@eventmill/schema` validates and versions payloads.
 */
export function event<Data extends object = object>(): EventDefinition<Data> {
  return {
    version: 1,
    encode: (data) => data,
    decode: (json, version) => {
      if (version !== 1) {
        throw new RangeError('only version 1 is known here: use the release that wrote it, or a newer one')
      }
      return json as Data
    },
  }
}

/**
 * Defines the event types that a URI owns. Throws `DEFINITION_INVALID` for a `source` that is no absolute URI,
 * and for a type whose name is empty or reserved.
 */
export function defineEvents<const Source extends string, Payloads extends object>(
  source: Source,
  definitions: { readonly [Type in keyof Payloads]: EventDefinition<Payloads[Type]> },
): EventNamespace<Source, Payloads> {
  if (!isName(source) || !ABSOLUTE_URI.test(source)) {
    const message = `the namespace ${JSON.stringify(source)} is no absolute URI such as https://example.com/account`
    throw eventmillError('DEFINITION_INVALID', message, { definition: source })
  }
  const types = Object.keys(definitions)
  const namespace = { source, types: Object.freeze(types), definitions: Object.freeze({ ...definitions }) }
  for (const [type, definition] of Object.entries<EventDefinition>(definitions)) {
    checkType(source, type, definition)
    Object.defineProperty(namespace, type, {
      value: eventCreator(source, type, definition),
      enumerable: true,
    })
  }
  // The creators were added by name, in a loop, which the compiler cannot follow.
  return Object.freeze(namespace) as unknown as EventNamespace<Source, Payloads>
}

/** RFC 3986, section 4.3, as far as it keeps typing errors out. */
const ABSOLUTE_URI = /^[a-z][a-z\d+.-]*:\S+$/i

/** `then` would make a namespace look like a promise to `await`; the others are taken. */
const RESERVED = new Set(['source', 'types', 'definitions', 'then', '__proto__'])

function checkType(source: string, type: string, definition: EventDefinition | undefined): void {
  const refuse = (reason: string) => {
    const message = `the event type ${JSON.stringify(type)} of ${source} ${reason}`
    throw eventmillError('DEFINITION_INVALID', message, { definition: source })
  }
  if (!isName(type)) refuse('must have a name of 1 to 1,024 bytes')
  if (RESERVED.has(type)) refuse('has a reserved name: choose another')
  const given: Partial<EventDefinition> = definition ?? {}
  const whole = typeof given.encode === 'function' && typeof given.decode === 'function'
  if (!whole) refuse('has no definition: give it event<…>(), or a schema')
  if (!Number.isSafeInteger(given.version) || Number(given.version) < 1) {
    refuse('has no version: it must be a safe integer from 1')
  }
}

function eventCreator(
  source: string,
  type: string,
  { version }: EventDefinition,
): (data?: unknown) => NewEvent {
  return (data = {}) => ({ source, type, version, data })
}

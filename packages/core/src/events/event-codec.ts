import { eventmillError } from '../errors.ts'
import { type DomainEvent, type NewEvent } from './event.ts'
import { type AnyNamespace, type EventDefinition } from './namespace.ts'
import { streamName } from './stream.ts'

/** Translates the events of some namespaces between handlers, which see data, and a store, which sees JSON. */
export interface EventCodec {
  /** The event as it is stored. Throws `EVENT_INVALID`. */
  readonly encode: (event: NewEvent) => NewEvent
  /** The event as handlers see it, in its newest version. Throws `EVENT_UNREADABLE`. */
  readonly decode: (event: DomainEvent) => DomainEvent
  /** The definition of this event's type, if one of the namespaces has it. */
  readonly definitionOf: (event: NewEvent) => EventDefinition | undefined
}

/** The codec of these namespaces. Throws `DEFINITION_INVALID` where two of them share a source. */
export function eventCodec(namespaces: readonly AnyNamespace[]): EventCodec {
  const definitions = new Map<string, Map<string, EventDefinition>>()
  for (const { source, definitions: types } of namespaces) {
    if (definitions.has(source)) {
      const message = `the namespace ${source} is given twice: merge its definitions, or give each a URI of its own`
      throw eventmillError('DEFINITION_INVALID', message, { definition: source })
    }
    definitions.set(
      source,
      new Map(Object.entries<EventDefinition>(types as { [key: string]: EventDefinition })),
    )
  }
  const definitionOf = ({ source, type }: NewEvent) => definitions.get(source)?.get(type)
  return {
    definitionOf,
    encode: (event) => encode(event, definitionOf(event)),
    decode: (event) => decode(event, definitionOf(event)),
  }
}

/** The error for an event that must not be stored. */
export function eventInvalid({ source, type, version }: NewEvent, reason: string, cause?: unknown): Error {
  const message = `event ${type} (version ${version}) of ${source} is invalid: ${reason}`
  return eventmillError('EVENT_INVALID', message, { source, type, version, ...reasonsOf(cause) })
}

/** Throws `EVENT_INVALID` unless an event may be stored as it is, under the version that it names. */
export function checkEncoded(event: NewEvent, definition: EventDefinition): void {
  const { data, version } = event
  try {
    if (definition.check) definition.check(data, version)
    else definition.decode(data, version)
  } catch (error) {
    throw eventInvalid(event, messageOf(error), error)
  }
}

/** The error for a stored event that cannot be turned into state. */
export function eventUnreadable(event: DomainEvent, reason: string, cause?: unknown): Error {
  const { aggregateType, aggregateId, sequence, position, source, type, version } = event
  const stream = { aggregateType, aggregateId }
  const message =
    `event ${sequence} of ${streamName(stream)} (${type}, version ${version}, of ${source}, position ${position}) ` +
    `cannot be read: ${reason}`
  const fields = { stream, sequence, position, source, type, version, ...reasonsOf(cause) }
  return eventmillError('EVENT_UNREADABLE', message, fields)
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const UNDEFINED_EVENT = 'none of the namespaces at hand defines it (a newer release may): add its definition'

function encode(event: NewEvent, definition: EventDefinition | undefined): NewEvent {
  if (definition === undefined) throw eventInvalid(event, UNDEFINED_EVENT)
  const { version } = definition
  if (event.version !== version) throw eventInvalid(event, `new events have version ${version}`)
  try {
    const data = definition.encode(event.data)
    return data === event.data ? event : { ...event, data }
  } catch (error) {
    throw eventInvalid(event, messageOf(error), error)
  }
}

function decode(event: DomainEvent, definition: EventDefinition | undefined): DomainEvent {
  if (definition === undefined) throw eventUnreadable(event, UNDEFINED_EVENT)
  const { version } = definition
  try {
    const data = definition.decode(event.data, event.version)
    return data === event.data && version === event.version ? event : { ...event, version, data }
  } catch (error) {
    throw eventUnreadable(event, messageOf(error), error)
  }
}

/** What a schema objects to in detail, if it was a schema that threw: there is nothing to be had from its error besides. */
function reasonsOf(cause: unknown): { readonly issues: readonly unknown[]; readonly cause?: unknown } {
  const issues: unknown = cause instanceof Error && 'issues' in cause ? cause.issues : undefined
  return Array.isArray(issues) ? { issues } : { issues: [], cause }
}

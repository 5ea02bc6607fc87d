import { type NewEvent } from '@eventmill/core'
import { checkEncoded, copyJson, type EventCodec } from '@eventmill/core/adapter'

/** What is used of whoever knows the namespaces of events. */
type Encoder = Pick<EventCodec, 'definitionOf' | 'encode'>

/**
 * An event that has happened, as a store has it: encoded or, where its version is not the newest, as it is. Throws
 * `EVENT_INVALID` and `VALUE_NOT_JSON`.
 */
export function storedForm(encoder: Encoder, event: NewEvent): NewEvent {
  const definition = encoder.definitionOf(event)
  if (definition === undefined || event.version >= definition.version) return encodedForm(encoder, event)
  const stored = plain(event)
  checkEncoded(stored, definition)
  return stored
}

/** An event that is decided, as it is stored. Throws `EVENT_INVALID` and `VALUE_NOT_JSON`. */
export function encodedForm({ encode }: Encoder, event: NewEvent): NewEvent {
  return plain(encode(event))
}

function plain(event: NewEvent): NewEvent {
  return { ...event, data: copyJson(event.data, `the data of ${event.type}`) }
}

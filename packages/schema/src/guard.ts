import { type AnyNamespace, type EventStore, type NewEvent } from '@eventmill/core'
import {
  checkAppend,
  checkEncoded,
  checkKeys,
  eventCodec,
  eventInvalid,
  invalidArgument,
} from '@eventmill/core/adapter'

/** How strict a guard is. */
export interface GuardOptions {
  /** What becomes of events whose namespace is not among those given. Default `'reject'`. */
  readonly unknown?: 'reject' | 'pass' | undefined
}

/**
 * A store that lets nothing into `store` but what these namespaces allow, also past `Core`: appended payloads are
 * validated in their stored form, under the version they name. What is read is passed on as it is. Payloads are
 * validated, not rewritten: what a schema would strip, or fill in, stays as it was appended.
 *
 * Its `append` fails with `EVENT_INVALID` besides. Throws `DEFINITION_INVALID` for a repeated namespace, and
 * `ARGUMENT_INVALID` for an option that is none.
 */
export function guard(
  store: EventStore,
  namespaces: readonly AnyNamespace[],
  options: GuardOptions = {},
): EventStore {
  checkKeys(options, OPTIONS, 'options')
  const { unknown = 'reject' } = options
  if (!['reject', 'pass'].includes(unknown)) {
    throw invalidArgument('options.unknown', "'reject' or 'pass'", unknown)
  }
  const check = eventCheck(namespaces, unknown)
  return {
    capabilities: store.capabilities,
    async append(appends, options) {
      const checked = checkAppend(appends, options)
      for (const { events } of checked) events.forEach(check)
      return store.append(checked, options)
    },
    findCommit: (stream, commitId, options) => store.findCommit(stream, commitId, options),
    readStream: (stream, options) => store.readStream(stream, options),
    readAll: (options) => store.readAll(options),
    head: () => store.head(),
    ...(store.waitForAppend && { waitForAppend: store.waitForAppend.bind(store) }),
    close: () => store.close(),
  }
}

const OPTIONS = new Set(['unknown'])

function eventCheck(
  namespaces: readonly AnyNamespace[],
  unknown: 'reject' | 'pass',
): (event: NewEvent) => void {
  const codec = eventCodec(namespaces)
  const sources = new Set(namespaces.map(({ source }) => source))
  return (event) => {
    const definition = codec.definitionOf(event)
    if (definition === undefined) {
      if (unknown === 'pass' && !sources.has(event.source)) return
      throw eventInvalid(event, 'the guard of the store knows no such event')
    }
    checkEncoded(event, definition)
  }
}

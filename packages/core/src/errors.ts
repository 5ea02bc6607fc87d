import { type DomainEvent, type Generation, type Position, type Sequence } from './events/event.ts'
import { type ExpectedGeneration, type StreamId } from './events/stream.ts'

/** The fields that an error carries beside its message, by code. */
export interface ErrorFields {
  /** An argument has the wrong form. `argument` is its path in the call, such as `options.limit`. */
  ARGUMENT_INVALID: { readonly argument: string }
  /** A value cannot be carried by JSON. `path` leads to it, `reason` says what it is. */
  VALUE_NOT_JSON: { readonly path: string; readonly reason: string }
  /** A namespace, aggregate or command was defined wrongly: a reserved or repeated name, a missing part. */
  DEFINITION_INVALID: { readonly definition: string }
  /** The stream is not where the append, or the command, expected it. Read again and decide anew. */
  GENERATION_CONFLICT: {
    readonly stream: StreamId
    readonly expected: ExpectedGeneration
    readonly actual: Generation
  }
  /** One append, or one command, names the same stream twice. Put its events into one entry. */
  STREAM_REPEATED: { readonly stream: StreamId }
  /** The commit id was used before on this stream, with other content. Give each intent an id of its own. */
  COMMIT_ID_REUSED: { readonly stream: StreamId; readonly commitId: string }
  /** The answer to an append was lost. Repeat it with `commitId` to learn, or to bring about, its outcome. */
  APPEND_OUTCOME_UNKNOWN: { readonly commitId: string }
  /** A reader's checkpoint lies beyond the store's head: the store has lost events that the reader has seen. */
  CHECKPOINT_AHEAD: { readonly after: Position; readonly head: Position }
  /** The store's queue stayed full until the timeout. Slow down, or give the store more capacity. */
  STORE_BUSY: { readonly waiting: number }
  /** No connection to the store could be had, or kept, until the timeout (see `cause`). Nothing was stored. */
  STORE_UNREACHABLE: object
  /**
   * The database refuses what the store asks of it (see `cause`): a password, a privilege, a payload; or it is not the
   * primary. `sqlState` is its own code, where it has one.
   */
  STORE_REFUSED: { readonly sqlState: string | undefined }
  /** The database is not at the schema version that this release needs. Migrate it first. */
  MIGRATION_REQUIRED: { readonly found: number; readonly required: number }
  /** The store was closed before, or during, the call. */
  STORE_CLOSED: object
  /** The store declines a capability that the call needs, such as appends over several streams. */
  CAPABILITY_MISSING: { readonly capability: string }
  /** No handler is known for this command. Make it with its creator, or revive it with `command(json)`. */
  COMMAND_UNKNOWN: { readonly type: string | undefined }
  /** A handler returned something that is no decision: neither events nor a list of them. */
  DECISION_INVALID: { readonly type: string }
  /** A command reached an aggregate from inside a handler that was deciding for that very aggregate. */
  DISPATCH_REENTRANT: { readonly stream: StreamId }
  /**
   * An event to be stored is not what its namespace defines. `issues` lists what the schema objects to, which the message
   * tells as well: they are not printed.
   */
  EVENT_INVALID: {
    readonly source: string
    readonly type: string
    readonly version: number
    readonly issues: readonly unknown[]
  }
  /** A stored event is known to no namespace at hand, is refused by its schema (see `issues`), or fails to apply (see `cause`). */
  EVENT_UNREADABLE: {
    readonly stream: StreamId
    readonly sequence: Sequence
    readonly position: Position
    readonly source: string
    readonly type: string
    readonly version: number
    readonly issues: readonly unknown[]
  }
  /**
   * The command's events are stored, but the state after them could not be computed (see `cause`). Do not repeat
   * the command; mend the aggregate. `events` are not printed: whoever logs the error logs no payloads.
   */
  STATE_UNREADABLE: { readonly events: readonly DomainEvent[] }
  /**
   * A projection stopped at an event that it cannot take (see `cause`): mend its handler, or give it another policy. Without a
   * `position`: it could not be created, serve or be dropped, or was dropped.
   */
  PROJECTION_FAILED: {
    readonly projection: string
    readonly version: number
    readonly position: Position | undefined
  }
  /** Another process has taken over this part of a projection. Nothing was written; it goes on there. */
  CLAIM_LOST: { readonly projection: string; readonly version: number; readonly partition: number }
  /** A projection has not got to a position in time. It lags, or nobody runs it. */
  WAIT_TIMEOUT: {
    readonly projection: string
    /** `undefined` where any that serves was waited for. */
    readonly version: number | undefined
    readonly position: Position
    readonly reached: Position
  }
}

/** The stable codes by which errors are told apart. */
export type ErrorCode = keyof ErrorFields

/**
 * Every error that eventmill itself raises. Tell them apart by `code`, never by class: two copies of a
 * package may be loaded.
 */
export class EventmillError extends Error {
  /** Always `EventmillError`, also where code is minified. */
  override readonly name: string = 'EventmillError'
  /** What went wrong: the key of `ErrorFields`, which says what else the error carries. */
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /**
   * What `JSON.stringify` makes of it, for logs: name, code, message and fields, and the message of the cause. No stack, and no
   * payloads; what JSON cannot carry is left out.
   */
  toJSON(): { readonly [field: string]: unknown } {
    const { name, code, message, cause, issues, ...fields } = this as EventmillError & { issues?: unknown }
    // That of a connection may have no message: each address has one of its own.
    const reason = cause instanceof Error ? cause.message || (cause as { code?: unknown }).code : cause
    const told: { [field: string]: unknown } = { name, code, message, ...fields, issues, cause: reason }
    for (const field in told) told[field] = carried(told[field])
    return told
  }
}

/** An `EventmillError` of one code, with the fields of that code. */
export type ErrorOf<Code extends ErrorCode> = EventmillError & { readonly code: Code } & ErrorFields[Code]

/** Makes the error of a code. `fields` may hold the `cause` as well. */
export function eventmillError<Code extends ErrorCode>(
  code: Code,
  message: string,
  fields: ErrorFields[Code] & ErrorOptions,
): ErrorOf<Code> {
  const { cause, ...rest } = fields
  const error = new EventmillError(code, message, cause === undefined ? undefined : { cause })
  Object.assign(error, rest)
  for (const field of UNPRINTED) {
    if (field in rest) Object.defineProperty(error, field, { enumerable: false })
  }
  return error as ErrorOf<Code>
}

/** Payloads, and what the message tells already. */
const UNPRINTED = ['events', 'issues']

/** What objects in fields may tell: a stream has a name, an issue says what is wrong where. */
const PARTS = ['aggregateType', 'aggregateId', 'path', 'code', 'message']

/** A value as JSON carries it; `undefined` where it does not. */
function carried(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, PARTS))
  } catch {
    return undefined
  }
}

/** Whether `error` is an `EventmillError` of one of these codes, whichever copy of the package made it. */
export function hasCode<Code extends ErrorCode>(
  error: unknown,
  ...codes: readonly [Code, ...Code[]]
): error is { [Each in Code]: ErrorOf<Each> }[Code] {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: Code }
  return name === 'EventmillError' && code !== undefined && codes.includes(code)
}

/** Whether a store that failed so may be asked again after a while. */
export function isPassing(error: unknown): boolean {
  return hasCode(error, 'STORE_UNREACHABLE', 'STORE_BUSY')
}

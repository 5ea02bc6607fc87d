import { isRecord } from '../aggregates/command.ts'
import { type ErrorCode } from '../errors.ts'
import { messageOf } from '../events/event-codec.ts'
import { type Addressees, type DispatchReport, type Middleware } from './middleware.ts'

/** What is used of a logger. That of pino is one. */
export interface StructuredLog {
  /** Takes a dispatch that came to an end, or was refused. */
  info(fields: object, message: string): void
  /** Takes a dispatch that failed. */
  warn(fields: object, message: string): void
}

/**
 * A middleware that logs every dispatch when it is over: what it came to, or why it was refused, at `info`; why it failed, at
 * `warn`. The fields are `command`, `aggregateType` and `aggregateId`, or those by role in `aggregates`, `commandId` and
 * `correlationId` where they are given, `outcome` (`'stored'`, `'unchanged'`, `'repeated'`, `'refused'` or `'failed'`),
 * `events` (their types), `position` (of the last one), `attempts`, and `milliseconds`. Payloads are never logged. A log that
 * throws changes nothing.
 *
 * Refused is what a handler or a middleware throws, as a plain `Error` or one of a class of yours, and what eventmill says of
 * a command that is invalid or in conflict. Its line has a `reason`, `{ name, code, message }`, and no stack. All else has
 * failed, also what JavaScript throws by itself, such as a `TypeError`, and what the `signal` ended: its line has the error,
 * as `err`.
 */
export function logDispatches(log: StructuredLog): Middleware {
  return async (command, next, dispatch) => {
    const start = performance.now()
    const tell = (level: keyof StructuredLog, end: string, more?: () => object) => {
      const milliseconds = performance.now() - start
      try {
        const fields = { ...fieldsOf(command), ...outcomeOf(dispatch), milliseconds, ...more?.() }
        log[level](fields, `${command.type} ${end}`)
      } catch {
        // Whatever becomes of the line: the dispatch is what it is.
      }
    }
    let result: Awaited<ReturnType<typeof next>>
    try {
      result = await next()
    } catch (err) {
      if (isRefusal(err, dispatch)) {
        tell('info', 'refused', () => ({ outcome: 'refused', reason: reasonOf(err) }))
      } else tell('warn', 'failed', () => ({ outcome: 'failed', err }))
      throw err
    }
    tell('info', 'dispatched')
    return result
  }
}

/** What eventmill refuses for what it was asked, and not for how it fares. */
const REFUSALS: readonly unknown[] = [
  'ARGUMENT_INVALID',
  'VALUE_NOT_JSON',
  'GENERATION_CONFLICT',
  'STREAM_REPEATED',
  'COMMIT_ID_REUSED',
  'COMMAND_UNKNOWN',
  'EVENT_INVALID',
] satisfies ErrorCode[]

function isRefusal(error: unknown, { attempts, rejected, signal }: DispatchReport): boolean {
  if (isRecord(error) && error.name === 'EventmillError') return REFUSALS.includes(error.code)
  // Before the first attempt nobody but a middleware can have thrown it.
  return (rejected || attempts === 0) && signal?.aborted !== true && !isMishap(error)
}

/** Whether nobody throws it on purpose: it is of a class of the platform's own, of the system, or of a database. */
function isMishap(error: unknown): boolean {
  if (!isRecord(error)) return false
  const maker: unknown = error.constructor
  const isOwn =
    typeof maker === 'function' && maker !== Error && Reflect.get(globalThis, maker.name) === maker
  return isOwn || 'syscall' in error || 'severity' in error
}

/** What is told of a refusal: where it was thrown is of no interest. */
function reasonOf(error: unknown): object {
  if (!(error instanceof Error)) return { message: messageOf(error) }
  const { name, message, constructor } = error
  const code = 'code' in error && { code: error.code }
  return { name: name === 'Error' ? constructor.name : name, ...code, message }
}

function fieldsOf(command: Parameters<Middleware>[0]): object {
  const { type, commandId, metadata, aggregates } = command
  const addressees =
    aggregates === undefined
      ? nameOf(command)
      : {
          aggregates: Object.fromEntries(
            Object.entries(aggregates).map(([role, one]) => [role, nameOf(one)]),
          ),
        }
  return {
    command: type,
    ...addressees,
    ...(commandId !== undefined && { commandId }),
    ...(metadata?.correlationId !== undefined && { correlationId: metadata.correlationId }),
  }
}

function nameOf({ aggregateType, aggregateId }: Addressees): object {
  return { aggregateType, aggregateId }
}

function outcomeOf({ events, attempts, repeated }: DispatchReport): object {
  const outcome = repeated ? 'repeated' : events.length > 0 ? 'stored' : 'unchanged'
  const position = events.at(-1)?.position
  return {
    outcome,
    attempts,
    events: events.map(({ type }) => type),
    ...(position !== undefined && { position }),
  }
}

import { type Addressees, type DispatchReport, type Middleware } from './middleware.ts'

/** What is used of a logger. That of pino is one. */
export interface StructuredLog {
  /** Takes a dispatch that came to an end. */
  info(fields: object, message: string): void
  /** Takes a dispatch that failed. */
  warn(fields: object, message: string): void
}

/**
 * A middleware that logs every dispatch when it is over: what it came to at `info`, or its error, as `err`, at `warn`. The
 * fields are `command`, `aggregateType` and `aggregateId`, or those by role in `aggregates`, `commandId` and
 * `correlationId` where they are given, `outcome` (`'stored'`, `'unchanged'`, `'repeated'` or `'failed'`), `events` (their
 * types), `position` (of the last one), `attempts`, and `milliseconds`. Payloads are never logged. A log that
 * throws changes nothing.
 */
export function logDispatches(log: StructuredLog): Middleware {
  return async (command, next, dispatch) => {
    const start = performance.now()
    const tell = (level: keyof StructuredLog, message: string, more?: object) => {
      const milliseconds = performance.now() - start
      try {
        log[level]({ ...fieldsOf(command), ...outcomeOf(dispatch), milliseconds, ...more }, message)
      } catch {
        // Whatever becomes of the line: the dispatch is what it is.
      }
    }
    let result: Awaited<ReturnType<typeof next>>
    try {
      result = await next()
    } catch (err) {
      tell('warn', `${command.type} failed`, { outcome: 'failed', err })
      throw err
    }
    tell('info', `${command.type} dispatched`)
    return result
  }
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

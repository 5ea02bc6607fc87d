import { type Command, type CommandTarget, isRecord } from '../aggregates/command.ts'
import { type DispatchReport, type Middleware } from './middleware.ts'

/** What is used of a logger. That of pino is one. */
export interface StructuredLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/**
 * A middleware that logs every dispatch when it is over: what it came to at `info`, or its error, as `err`, at `warn`. The
 * fields are `command`, `aggregateType` and `aggregateId`, or those by role in `aggregates`, `commandId` and
 * `correlationId` where they are given, `outcome` (`'stored'`, `'unchanged'`, `'repeated'` or `'failed'`), `events` (their
 * types), `position` (of the last one), `attempts`, and `milliseconds`. Payloads are never logged.
 */
export function logDispatches(log: StructuredLog): Middleware {
  return async (command, next, dispatch) => {
    const start = performance.now()
    const fields = () => ({
      ...fieldsOf(command),
      ...outcomeOf(dispatch),
      milliseconds: performance.now() - start,
    })
    try {
      const result = await next()
      log.info(fields(), `${command.type} dispatched`)
      return result
    } catch (err) {
      log.warn({ ...fields(), outcome: 'failed', err }, `${command.type} failed`)
      throw err
    }
  }
}

function fieldsOf({ type, commandId, metadata, ...addressed }: Command): object {
  const { aggregates, ...target } = addressed as Partial<CommandTarget> & { readonly aggregates?: Addressees }
  const addressees =
    aggregates === undefined
      ? nameOf(target)
      : {
          aggregates: Object.fromEntries(
            Object.entries(aggregates).map(([role, one]) => [role, nameOf(one)]),
          ),
        }
  return {
    command: type,
    ...addressees,
    ...(commandId !== undefined && { commandId }),
    ...(isRecord(metadata) &&
      metadata.correlationId !== undefined && { correlationId: metadata.correlationId }),
  }
}

interface Addressees {
  readonly [role: string]: CommandTarget
}

function nameOf({ aggregateType, aggregateId }: Partial<CommandTarget>): object {
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

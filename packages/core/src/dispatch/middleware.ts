import { type AggregateId } from '../aggregates/aggregate-definition.ts'
import {
  attachDefinition,
  type Command,
  commandDefinition,
  type CommandTarget,
} from '../aggregates/command.ts'
import { checkKeys, checkObject } from '../argument-checks.ts'
import { type DomainEvent, type Metadata } from '../events/event.ts'

/**
 * Wraps the dispatch of what is a command, its retries included. It returns what `next` resolves to, or refuses the command by an error, which
 * reaches the caller unchanged. Each `next` is a dispatch of its own.
 */
export type Middleware = <Result>(
  command: Command<Result> & Addressees,
  next: (changes?: CommandChanges) => Promise<Result>,
  dispatch: DispatchReport,
) => Promise<Result>

/** Whom a command addresses: one aggregate, or several by their roles. */
export interface Addressees {
  /** The type of the aggregate; absent where there are several. */
  readonly aggregateType?: string
  /** The id of the aggregate; absent where there are several. */
  readonly aggregateId?: AggregateId
  /** The aggregates by role; absent where there is one. */
  readonly aggregates?: { readonly [role: string]: CommandTarget }
}

/** What a middleware may add to a command on its way. */
export interface CommandChanges {
  /** Wins over what the command says of the same name. */
  readonly metadata?: Metadata | undefined
}

/** What is known of a dispatch while it goes on, and after it. */
export interface DispatchReport {
  /** As it was given to the dispatch. */
  readonly context: unknown
  /** As it was given to the dispatch. */
  readonly signal: AbortSignal | undefined
  /** How often the command was tried, by all calls of `next`: more often than they are where others were faster. */
  readonly attempts: number
  /** What was stored, as it is stored, by the last `next`. */
  readonly events: readonly DomainEvent[]
  /** Whether the command had been applied before, under its `commandId`. */
  readonly repeated: boolean
  /**
   * Whether it was decided against: its handler threw, or returned what cannot be stored, or the aggregate is at another
   * `generation`.
   */
  readonly rejected: boolean
}

/** The command with these changes. Throws `ARGUMENT_INVALID` for others. */
export function changed<C extends Command>(command: C, changes: CommandChanges): C {
  checkKeys(changes, CHANGES, 'changes')
  const { metadata: added = {} } = changes
  checkObject(added, 'changes.metadata')
  const metadata = { ...command.metadata, ...added }
  return attachDefinition({ ...command, metadata }, command[commandDefinition])
}

const CHANGES = new Set(['metadata'])

import { eventmillError } from '../errors.ts'
import { type Generation, type Metadata, type NewEvent } from '../events/event.ts'
import { type StreamId, streamKey } from '../events/stream.ts'
import { checkInteger, checkKeys, invalidArgument } from '../argument-checks.ts'
import {
  type AggregateDefinition,
  type AggregateId,
  streamOf,
  type VersionedAggregate,
} from './aggregate-definition.ts'

/** Where a command carries its definition, so that `Core` needs no registry. Not enumerable: commands stay JSON. */
export const commandDefinition: unique symbol = Symbol.for('eventmill.commandDefinition')

/** What every command has. `Result` is what its dispatch resolves to, `Context` what its handler asks for. */
export interface Command<Result = unknown, Context = unknown> {
  /** The name of its handler. */
  readonly type: string
  /** What its handler gets as its second argument. */
  readonly data: unknown
  /** Makes the command idempotent: dispatched again, it is not decided again. Scope: its first aggregate. */
  readonly commandId?: string | undefined
  /** Flows into every event that the command leads to. */
  readonly metadata?: Metadata | undefined
  /** How `Core` finds its handler: attached by its creator, and not enumerable. */
  readonly [commandDefinition]: CommandDefinition<Result, Context>
}

/** Intent towards one aggregate: plain JSON. */
export interface DomainCommand<Result = unknown, Context = unknown>
  extends Command<Result, Context>, CommandTarget {}

/** Intent towards several aggregates at once, each in its role: plain JSON. */
export interface JointCommand<Result = unknown, Context = unknown> extends Command<Result, Context> {
  /** The addressed aggregates, by role. */
  readonly aggregates: { readonly [role: string]: CommandTarget }
}

/** An aggregate that a command addresses. */
export interface CommandTarget {
  /** The type of the aggregate, as in its definition. */
  readonly aggregateType: string
  /** Which one of that type. */
  readonly aggregateId: AggregateId
  /** The generation for which the command is meant; at any other it is a `GENERATION_CONFLICT`. Default: any. */
  readonly generation?: Generation | undefined
}

/** What may be said of a command beside its target and data. `Expected` is a generation, or one for each role. */
export interface CommandOptions<Expected = Generation> {
  /** The generation for which the command is meant; at any other it is a `GENERATION_CONFLICT`. Default: any. */
  readonly generation?: Expected | undefined
  /** Makes the command idempotent: 1 to 1,024 bytes, such as a UUID. */
  readonly commandId?: string | undefined
  /** Flows into every event that the command leads to. */
  readonly metadata?: Metadata | undefined
}

/** Makes a command for a target; the data may be left out where the handler does not demand it. */
export type CommandCreator<Target, Data, Options, Made> = undefined extends Data
  ? (target: Target, data?: Data, options?: Options) => Made
  : (target: Target, data: Data, options?: Options) => Made

/** What `Core` needs to know of a command: whom it addresses, how it decides, what its dispatch resolves to. */
export interface CommandDefinition<Result = unknown, Context = unknown> {
  /** The addressed aggregates. Throws `ARGUMENT_INVALID`. */
  readonly targets: (command: Command) => readonly ResolvedTarget[]
  /** The events for each target, in the order of the targets. Throws `DECISION_INVALID`. */
  readonly decide: (
    states: readonly unknown[],
    data: unknown,
    context: Context,
  ) => Decisions | PromiseLike<Decisions>
  /** What a dispatch resolves to, given the targets as they are after it. */
  readonly result: (aggregates: readonly VersionedAggregate[]) => Result
}

/** The decided events, one list for each target. */
export type Decisions = readonly (readonly NewEvent[])[]

/** One aggregate, with all that is needed to read it. */
export interface Target {
  readonly definition: AggregateDefinition
  readonly aggregateId: AggregateId
  readonly stream: StreamId
  /** That of the stream. */
  readonly key: string
}

/** A command's target. */
export interface ResolvedTarget extends Target {
  readonly generation: Generation | undefined
  /** Its path in the command. */
  readonly argument: string
}

/** The fields that commands, and their targets, have as JSON. */
const COMMON_FIELDS = ['type', 'data', 'commandId', 'metadata']
export const COMMAND_FIELDS: ReadonlySet<string> = new Set([
  'aggregateType',
  'aggregateId',
  'generation',
  ...COMMON_FIELDS,
])
export const JOINT_COMMAND_FIELDS: ReadonlySet<string> = new Set(['aggregates', ...COMMON_FIELDS])
export const TARGET_FIELDS: ReadonlySet<string> = new Set(['aggregateType', 'aggregateId', 'generation'])

/** Whether a value has properties to look at. */
export function isRecord(value: unknown): value is Readonly<{ [key: string]: unknown }> {
  return typeof value === 'object' && value !== null
}

/** `fields` as a command: its definition attached. */
export function attachDefinition<Fields extends object>(fields: Fields, value: CommandDefinition): Fields {
  return Object.defineProperty(fields, commandDefinition, { value })
}

const COMMAND_OPTIONS = new Set(['generation', 'commandId', 'metadata'])

/** Throws `ARGUMENT_INVALID` for an option that is none: an ignored one is a trap. */
export function checkCommandOptions(options: object): void {
  checkKeys(options, COMMAND_OPTIONS, 'options')
}

/** The fields of a command that are given; the others stay absent, as JSON would have it. */
export function optionalFields(options: { readonly [Field in keyof CommandOptions]?: unknown }): object {
  const { generation, commandId, metadata } = options
  return {
    ...(generation !== undefined && { generation }),
    ...(commandId !== undefined && { commandId }),
    ...(metadata !== undefined && { metadata }),
  }
}

/** A target of a command, ready to be loaded. `argument` is its path. Throws `ARGUMENT_INVALID`. */
export function resolveTarget(
  definition: AggregateDefinition,
  { aggregateType, aggregateId, generation }: CommandTarget,
  argument: string,
): ResolvedTarget {
  if (aggregateType !== definition.type) {
    throw invalidArgument(`${argument}.aggregateType`, JSON.stringify(definition.type), aggregateType)
  }
  if (generation !== undefined) checkInteger(generation, 0, `${argument}.generation`)
  const stream = streamOf(definition, aggregateId, `${argument}.aggregateId`)
  return { definition, aggregateId, generation, stream, key: streamKey(stream), argument }
}

/** The error for a value that is no command of this kind. */
export function commandUnknown(value: unknown, advice: string): Error {
  const type = isRecord(value) && typeof value.type === 'string' ? value.type : undefined
  const message = `${type === undefined ? 'this value' : JSON.stringify(type)} is no known command: ${advice}`
  return eventmillError('COMMAND_UNKNOWN', message, { type })
}

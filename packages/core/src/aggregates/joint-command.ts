import { eventmillError } from '../errors.ts'
import { type Generation } from '../events/event.ts'
import { checkKeys, checkName, invalidArgument } from '../argument-checks.ts'
import { type AnyAggregate, type IdOf, type ShapeOf, type StateOf } from './aggregate.ts'
import { type AggregateId, type VersionedAggregate } from './aggregate-definition.ts'
import {
  attachDefinition,
  checkCommandOptions,
  type CommandCreator,
  type CommandDefinition,
  type CommandOptions,
  commandUnknown,
  type Decisions,
  isRecord,
  JOINT_COMMAND_FIELDS,
  type JointCommand,
  optionalFields,
  resolveTarget,
  TARGET_FIELDS,
} from './command.ts'
import { type ContextOf, type DataOf, type Decision, decisionList, whenDecided } from './handler.ts'

/** Aggregates by the role that each plays in a command. */
export interface Roles {
  readonly [role: string]: AnyAggregate
}

/** Makes commands over several aggregates, and revives them from JSON. */
export type JointCommandCreator<R extends Roles, Data, Context> = CommandCreator<
  { readonly [Role in keyof R]: IdOf<R[Role]> },
  Data,
  CommandOptions<{ readonly [Role in keyof R]?: Generation }>,
  JointCommand<JointResult<R>, Context>
> & {
  /** The aggregates by role, as they were defined. */
  readonly aggregates: R
  /**
   * Revives a command from JSON. Throws `COMMAND_UNKNOWN` for what is no command of this type, and
   * `ARGUMENT_INVALID` for missing roles, and for fields that such a command does not have.
   */
  command(json: unknown): JointCommand<JointResult<R>, Context>
}

/** The aggregates of a command after its dispatch, by role. */
export type JointResult<R extends Roles> = {
  readonly [Role in keyof R]: VersionedAggregate<IdOf<R[Role]>, StateOf<R[Role]>>
}

/** What a handler decides for each role; a role left out gets no event, but its generation is checked all the same. */
export type JointDecision<R extends Roles> = {
  readonly [Role in keyof R]?: Decision<ShapeOf<R[Role]>['event']>
}

/** `(states, data, context) => events by role`, at once or later. */
export type JointHandler<R extends Roles> = (
  states: { readonly [Role in keyof R]: StateOf<R[Role]> },
  data: never,
  context: never,
) => JointDecision<R> | Promise<JointDecision<R>>

/**
 * Defines a command that decides over several aggregates and stores its events in one atomic append. Its handler
 * has no effects, since it may run several times. The command id's scope is the first role's aggregate.
 *
 * Dispatching it fails with `STREAM_REPEATED` where two roles name the same aggregate, and with
 * `CAPABILITY_MISSING` on a store without appends over several streams.
 */
export function defineCommand<R extends Roles, Handling extends JointHandler<R>>(definition: {
  readonly type: string
  /** The aggregates by role. */
  readonly aggregates: R
  readonly handle: Handling
}): JointCommandCreator<R, DataOf<Handling>, ContextOf<Handling>> {
  const { type, aggregates } = definition
  checkName(type, 'type')
  const roles = new Set(Object.keys(aggregates))
  if (roles.size === 0) {
    const message = `the command ${type} names no aggregates: give it at least one role`
    throw eventmillError('DEFINITION_INVALID', message, { definition: type })
  }
  for (const [role, aggregate] of Object.entries<AnyAggregate | undefined>(aggregates)) {
    if (aggregate?.definition !== undefined) continue
    const message = `the command ${type} has no aggregate for ${role}: give it one made by defineAggregate`
    throw eventmillError('DEFINITION_INVALID', message, { definition: type })
  }
  if (typeof definition.handle !== 'function') {
    const message = `the command ${type} has no function to handle it: add handle`
    throw eventmillError('DEFINITION_INVALID', message, { definition: type })
  }
  const rules = jointRules(type, aggregates, definition.handle as never)

  const create = (
    ids: { [role: string]: AggregateId },
    data: unknown,
    options: CommandOptions<{ [role: string]: Generation }> = {},
  ) => {
    checkKeys(ids, roles, 'ids')
    checkCommandOptions(options)
    const { generation: generations = {}, ...rest } = options
    checkKeys(generations, roles, 'options.generation')
    const targets = byRole(aggregates, (role, aggregate) => ({
      aggregateType: aggregate.type,
      aggregateId: ownValue(ids, role),
      ...optionalFields({ generation: ownValue(generations, role) }),
    }))
    return attachDefinition({ aggregates: targets, type, data, ...optionalFields(rest) }, rules)
  }

  const revive = (json: unknown) => {
    if (!isRecord(json) || json.type !== type || !isRecord(json.aggregates)) {
      throw commandUnknown(json, `it should be ${type} with the aggregates ${[...roles].join(', ')}`)
    }
    checkKeys(json, JOINT_COMMAND_FIELDS, 'command')
    checkKeys(json.aggregates, roles, 'command.aggregates')
    const { aggregates: given, data, commandId, metadata } = json
    const targets = byRole(aggregates, (role) => {
      const target = ownValue(given, role)
      checkKeys(target, TARGET_FIELDS, `command.aggregates.${role}`)
      return { ...target }
    })
    const options = optionalFields({ commandId, metadata })
    return attachDefinition({ aggregates: targets, type, data, ...options }, rules)
  }
  return Object.assign(create, { aggregates, command: revive }) as never
}

function byRole<Value>(
  aggregates: Roles,
  valueOf: (role: string, aggregate: AnyAggregate, index: number) => Value,
): { readonly [role: string]: Value } {
  const entries = Object.entries(aggregates)
  return Object.fromEntries(
    entries.map(([role, aggregate], index) => [role, valueOf(role, aggregate, index)]),
  )
}

/** A role may be named as what every object inherits. */
function ownValue<Value>(values: { readonly [role: string]: Value }, role: string): Value | undefined {
  return Object.hasOwn(values, role) ? values[role] : undefined
}

type AnyJointHandler = (states: object, data: unknown, context: unknown) => object | Promise<object>

function jointRules(type: string, aggregates: Roles, handle: AnyJointHandler): CommandDefinition {
  const roles = Object.keys(aggregates)

  const decisions = (decision: unknown): Decisions => {
    const wrong = isRecord(decision) ? Object.keys(decision).find((role) => !roles.includes(role)) : 'nothing'
    if (!isRecord(decision) || wrong !== undefined) {
      const message = `the handler of ${type} decided for ${wrong}: return events by role (${roles.join(', ')})`
      throw eventmillError('DECISION_INVALID', message, { type })
    }
    return roles.map((role) => decisionList(ownValue(decision, role) ?? [], type))
  }

  return {
    targets: (command) => {
      const targets = (command as JointCommand).aggregates
      return Object.entries(aggregates).map(([role, { definition }]) => {
        const argument = `command.aggregates.${role}`
        const target = ownValue(targets, role)
        if (target === undefined) throw invalidArgument(argument, 'an aggregate', target)
        return resolveTarget(definition, target, argument)
      })
    },
    decide: (states, data, context) => {
      const stateByRole = byRole(aggregates, (_role, _aggregate, index) => states[index])
      return whenDecided(handle(stateByRole, data, context), decisions)
    },
    result: (versions) => byRole(aggregates, (_role, _aggregate, index) => versions[index]),
  }
}

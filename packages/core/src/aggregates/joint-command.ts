import { eventmillError } from '../errors.ts'
import { type Generation } from '../events/event.ts'
import { checkKeys, checkName } from '../names.ts'
import { type AnyAggregate, type IdOf, type ShapeOf, type StateOf } from './aggregate.ts'
import { type AggregateId, type VersionedAggregate } from './aggregate-definition.ts'
import {
  attachDefinition,
  checkCommandOptions,
  type CommandCreator,
  type CommandDefinition,
  type CommandOptions,
  type CommandTarget,
  commandUnknown,
  type Decisions,
  isRecord,
  type JointCommand,
  optionalFields,
  resolveTarget,
} from './command.ts'
import { type ContextOf, type DataOf, type Decision, decisionList, isPromise } from './handler.ts'

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
  /** Revives a command from JSON. Throws `COMMAND_UNKNOWN` for what is no command of this type. */
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
  const roles = Object.keys(aggregates)
  if (roles.length === 0) {
    const message = `the command ${type} names no aggregates: give it at least one role`
    throw eventmillError('DEFINITION_INVALID', message, { definition: type })
  }
  const rules = jointRules(type, aggregates, definition.handle as unknown as AnyJointHandler)

  const create = (
    ids: { [key: string]: AggregateId },
    data: unknown,
    options: CommandOptions<{ [key: string]: Generation }> = {},
  ) => {
    checkCommandOptions(options)
    const { generation: generations = {}, ...rest } = options
    checkKeys(generations, new Set(roles), 'options.generation')
    const targets = Object.fromEntries(
      Object.entries(aggregates).map(([role, aggregate]) => {
        const generation = ownValue(generations, role)
        return [
          role,
          {
            aggregateType: aggregate.type,
            aggregateId: ownValue(ids, role),
            ...optionalFields({ generation }),
          },
        ]
      }),
    )
    return attachDefinition({ aggregates: targets, type, data, ...optionalFields(rest) }, rules)
  }

  const revive = (json: unknown) => {
    const known = isRecord(json) && json.type === type && isRecord(json.aggregates)
    if (!known) throw commandUnknown(json, `it should be ${type} with the aggregates ${roles.join(', ')}`)
    const { aggregates: targets, data, commandId, metadata } = json
    return attachDefinition(
      { aggregates: targets, type, data, ...optionalFields({ commandId, metadata }) },
      rules,
    )
  }
  return Object.assign(create, { command: revive }) as never
}

/** A role may be named as what every object inherits. */
function ownValue<Value>(values: { readonly [role: string]: Value }, role: string): Value | undefined {
  return Object.hasOwn(values, role) ? values[role] : undefined
}

type AnyJointHandler = (states: object, data: unknown, context: unknown) => object | Promise<object>

function jointRules(type: string, aggregates: Roles, handle: AnyJointHandler): CommandDefinition {
  const roles = Object.keys(aggregates)
  const byRole = (values: readonly unknown[]) =>
    Object.fromEntries(roles.map((role, index) => [role, values[index]]))

  const decisions = (decision: object): Decisions => {
    const wrong = isRecord(decision) ? Object.keys(decision).find((role) => !roles.includes(role)) : 'nothing'
    if (wrong !== undefined) {
      const message = `the handler of ${type} decided for ${wrong}: return events by role (${roles.join(', ')})`
      throw eventmillError('DECISION_INVALID', message, { type })
    }
    const decided = decision as { [key: string]: unknown }
    return roles.map((role) => decisionList(ownValue(decided, role) ?? [], type))
  }

  return {
    targets: (command) => {
      const targets = (command as unknown as { aggregates: Readonly<{ [key: string]: CommandTarget }> })
        .aggregates
      return Object.entries(aggregates).map(([role, { definition }]) =>
        resolveTarget(definition, ownValue(targets, role)),
      )
    },
    decide: (states, data, context) => {
      const decision = handle(byRole(states), data, context)
      return isPromise(decision) ? decision.then(decisions) : decisions(decision)
    },
    result: byRole,
  }
}

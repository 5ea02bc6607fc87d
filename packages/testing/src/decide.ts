import { type Addressees, type Command, Core, type DispatchOptions } from '@eventmill/core'
import { invalidArgument } from '@eventmill/core/adapter'
import {
  encodedEvents,
  type EventsByRole,
  namesOf,
  type Participant,
  type Participants,
  streamOf,
} from './participants.ts'
import { ScenarioStore } from './scenario-store.ts'

/** A command, and the aggregates that it addresses. */
export type AnyCommand = Command & Addressees

/**
 * Makes ready what is given, and fails where that cannot be, as where its events cannot be applied. Resolves to what a
 * command then decides, as it is stored, which fails as its dispatch does.
 */
export async function prepare(
  { all }: Participants,
  given: EventsByRole,
  command: AnyCommand,
  options: DispatchOptions<unknown> = {},
): Promise<() => Promise<EventsByRole>> {
  if (!addresses(command, all)) {
    throw invalidArgument('command', `one to ${namesOf(all)}, as the scenario is`)
  }
  const store = new ScenarioStore()
  const before = all.map((participant) => {
    const stream = streamOf(participant)
    const stored = store.add(stream, encodedEvents(participant, given))
    return { role: participant.role, stream, generation: stored.length }
  })
  const core = new Core(store)
  for (const { aggregate, id } of all) await core.load(aggregate, id)
  return async () => {
    await core.dispatchCommand<unknown, unknown>(command, options)
    return new Map(
      before.map(({ role, stream, generation }) => [role, store.eventsOf(stream).slice(generation)]),
    )
  }
}

/** Whether a command addresses these aggregates and no others. */
function addresses(command: AnyCommand, participants: readonly Participant[]): boolean {
  const { aggregates } = command
  const others = aggregates !== undefined && Object.keys(aggregates).length !== participants.length
  const all = participants.every(({ role, aggregate, id }) => {
    const target: Addressees | undefined = role === undefined ? command : aggregates?.[role]
    return target?.aggregateType === aggregate.type && target.aggregateId === id
  })
  return all && !others
}

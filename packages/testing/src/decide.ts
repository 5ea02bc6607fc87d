import { type Addressees, type Command, Core, type DispatchOptions } from '@eventmill/core'
import { invalidArgument } from '@eventmill/core/adapter'
import {
  type EventsByRole,
  namesOf,
  type Participant,
  type Participants,
  storedEvents,
  streamOf,
} from './participants.ts'
import { ScenarioStore } from './scenario-store.ts'

/** A command, and the aggregates that it addresses. */
export type AnyCommand = Command & Addressees

/**
 * Makes sure that what is given can have happened to these aggregates, and that the command is for them: what is wrong with
 * the test is no rejection of the command. Resolves to what then lets it decide, which fails as its dispatch does.
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
  const core = new Core(store)
  for (const participant of all) {
    const events = storedEvents(participant, given)
    await store.append([{ stream: streamOf(participant), expected: 'any', events }])
    await core.load(participant.aggregate, participant.id)
  }
  const before = all.map((one) => ({ ...one, generation: store.eventsOf(streamOf(one)).length }))
  return async () => {
    await core.dispatchCommand(command, options)
    return new Map(before.map((one) => [one.role, store.eventsOf(streamOf(one)).slice(one.generation)]))
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

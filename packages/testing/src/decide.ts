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

/** What a command decides after what is given, as it is stored. Fails as its dispatch does. */
export async function decide(
  { all }: Participants,
  given: EventsByRole,
  command: AnyCommand,
  options: DispatchOptions<unknown> = {},
): Promise<EventsByRole> {
  if (!addresses(command, all)) {
    throw invalidArgument('command', `one to ${namesOf(all)}, as the scenario is`)
  }
  const store = new ScenarioStore()
  const before = all.map((participant) => {
    const stream = streamOf(participant)
    const stored = store.add(stream, encodedEvents(participant, given))
    return { role: participant.role, stream, generation: stored.length }
  })
  await new Core(store).dispatchCommand<unknown, unknown>(command, options)
  return new Map(
    before.map(({ role, stream, generation }) => [role, store.eventsOf(stream).slice(generation)]),
  )
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

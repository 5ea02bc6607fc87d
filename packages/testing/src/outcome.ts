import { type DispatchOptions } from '@eventmill/core'
import { type AnyCommand, prepare } from './decide.ts'
import { areSame, countOf, difference } from './difference.ts'
import {
  checkExpectedError,
  describeError,
  describeExpected,
  type ExpectedError,
  isExpectedError,
} from './expected-error.ts'
import { encodedEvents, type EventsByRole, namesOf, type Participants } from './participants.ts'

/** What is to come of a command. Each rejects with an error that shows the difference, if something else does. */
export interface Outcome<Events extends readonly unknown[]> {
  /** Exactly these events, in this order; none, for a command that decides nothing. */
  decides(...events: Events): Promise<void>
  /** An error of this class, with this code, with a message like this, with these fields, or just like this one. */
  rejects(error: ExpectedError): Promise<void>
}

/** What comes of a command after what is given. */
export function outcome(
  participants: Participants,
  given: EventsByRole,
  command: AnyCommand,
  options: DispatchOptions<unknown> | undefined,
): Outcome<readonly unknown[]> {
  const { all, eventsByRole } = participants
  const heading = `${command.type} on ${namesOf(all)}, given ${countOf([...given.values()].flat())}`
  const prepared = () => prepare(participants, given, command, options)
  return {
    decides: async (...events) => {
      const expected = eventsByRole(events)
      const wanted = new Map(all.map((one) => [one.role, encodedEvents(one, expected)]))
      const decide = await prepared()
      const found = await decide().catch((error: unknown) => {
        const message = `decides ${countOf([...wanted.values()].flat())}, but it was rejected: ${describeError(error)}`
        throw new Error(`${heading}\n  ${message}`, { cause: error })
      })
      const same = all.every(({ role }) => areSame(wanted.get(role) ?? [], found.get(role) ?? []))
      if (same) return
      const shown = differences(participants, wanted, found)
      throw new Error(
        `${heading}\n  decides other events (- expected, + decided, ~ expected → decided):\n${shown}`,
      )
    },
    rejects: async (expected) => {
      checkExpectedError(expected)
      const decide = await prepared()
      let found: EventsByRole
      try {
        found = await decide()
      } catch (error) {
        if (isExpectedError(expected, error)) return
        const message = `${heading}\n  is rejected otherwise\n  - ${describeExpected(expected)}\n  + ${describeError(error)}`
        throw new Error(message, { cause: error })
      }
      const shown = differences(participants, new Map(), found)
      throw new Error(
        `${heading}\n  is not rejected with ${describeExpected(expected)}, but decides\n${shown}`,
      )
    },
  }
}

/** The difference for each aggregate, under its name where it has a role. */
function differences({ all }: Participants, wanted: EventsByRole, found: EventsByRole): string {
  const parts = all.map((one) => {
    const shown = difference(wanted.get(one.role) ?? [], found.get(one.role) ?? [])
    return one.role === undefined ? shown : `  ${namesOf([one])}:\n${shown}`
  })
  return parts.join('\n')
}

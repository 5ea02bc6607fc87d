import { defineAggregate, defineEvents, event } from '@eventmill/core'
import { deposit } from './contender.ts'

interface Deposit {
  readonly iban: string
  readonly cents: number
  readonly by: string
  /** In milliseconds, where it matters how long an event takes. */
  readonly sentAt?: number
}

export const accountEvents = defineEvents('https://example.com/account', { Deposited: event<Deposit>() })

export const Account = defineAggregate({
  type: 'Account',
  events: accountEvents,
  initialize: (_id: string) => 0,
  apply: { Deposited: (balance, { data }) => balance + data.cents },
  handle: { Deposit: (_balance, deposit: Deposit) => accountEvents.Deposited(deposit) },
  snapshots: { every: 1_000_000 },
})

export const deposited = accountEvents.Deposited(deposit)

/** The id of an account, by its number. */
export function accountId(number: number): string {
  return `00000000-0000-7000-8000-${number.toString().padStart(12, '0')}`
}

export function accountStream(aggregateId: string | number) {
  return { aggregateType: 'Account', aggregateId: String(aggregateId) }
}

import { defineAggregate, defineEvents, event } from '@eventmill/core'

interface Deposit {
  readonly iban: string
  readonly cents: number
  readonly by: string
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

/** A payload of 60 bytes. */
export const deposit: Deposit = { iban: 'DE89370400440532013000', cents: 12345, by: 'ada.l' }

export const deposited = accountEvents.Deposited(deposit)

export function accountStream(aggregateId: string | number) {
  return { aggregateType: 'Account', aggregateId: String(aggregateId) }
}

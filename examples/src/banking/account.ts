import { defineAggregate } from '@eventmill/core'
import { defineEvents } from '@eventmill/schema'
import { z } from 'zod'
import { Cents } from './money.ts'
import { AccountNotEmpty, AccountNotOpen, AccountTaken, InsufficientFunds } from './refusals.ts'

export const accountEvents = defineEvents('https://example.com/account', {
  Opened: z.object({ owner: z.string().min(1), limit: z.int().nonnegative() }),
  Deposited: z.object({ cents: Cents }),
  Withdrawn: z.object({ cents: Cents }),
  Sent: z.object({ cents: Cents, to: z.string() }),
  Received: z.object({ cents: Cents, from: z.string() }),
  Closed: z.object({}),
})

export interface AccountState {
  readonly iban: string
  readonly owner: string
  readonly status: 'new' | 'open' | 'closed'
  readonly balance: number
  /** How far the balance may go below zero. */
  readonly limit: number
}

export const Account = defineAggregate({
  type: 'Account',
  events: accountEvents,
  initialize: (iban: string): AccountState => ({ iban, owner: '', status: 'new', balance: 0, limit: 0 }),
  apply: {
    Opened: (account, { data }) => ({ ...account, ...data, status: 'open' }),
    Deposited: (account, { data }) => ({ ...account, balance: account.balance + data.cents }),
    Withdrawn: (account, { data }) => ({ ...account, balance: account.balance - data.cents }),
    Sent: (account, { data }) => ({ ...account, balance: account.balance - data.cents }),
    Received: (account, { data }) => ({ ...account, balance: account.balance + data.cents }),
    Closed: (account) => ({ ...account, status: 'closed' }),
  },
  handle: {
    Open: ({ iban, status }, { owner, limit }: { owner: string; limit: number }) => {
      if (status !== 'new') throw new AccountTaken(iban)
      return accountEvents.Opened({ owner, limit })
    },
    Deposit: (account, { cents }: { cents: number }) => {
      assertOpen(account)
      return accountEvents.Deposited({ cents })
    },
    Withdraw: (account, { cents }: { cents: number }) => {
      assertOpen(account)
      assertFunds(account, cents)
      return accountEvents.Withdrawn({ cents })
    },
    Close: (account) => {
      if (account.status === 'closed') return []
      assertOpen(account)
      if (account.balance !== 0) throw new AccountNotEmpty(account.iban, account.balance)
      return accountEvents.Closed()
    },
  },
})

export function assertOpen({ iban, status }: AccountState): void {
  if (status !== 'open') throw new AccountNotOpen(iban, status)
}

/** Spending all that there is, the credit included, is allowed. */
export function assertFunds({ iban, balance, limit }: AccountState, cents: number): void {
  if (balance + limit < cents) throw new InsufficientFunds(iban, cents, balance + limit)
}

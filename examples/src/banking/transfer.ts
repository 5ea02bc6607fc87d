import { defineCommand } from '@eventmill/core'
import { Account, accountEvents, assertFunds, assertOpen } from './account.ts'

/** Moves money between two accounts. Both events are stored in one append, so that none of it is ever under way. */
export const Transfer = defineCommand({
  type: 'Transfer',
  aggregates: { from: Account, to: Account },
  handle: ({ from, to }, { cents }: { cents: number }) => {
    assertOpen(from)
    assertOpen(to)
    assertFunds(from, cents)
    return {
      from: accountEvents.Sent({ cents, to: to.iban }),
      to: accountEvents.Received({ cents, from: from.iban }),
    }
  },
})

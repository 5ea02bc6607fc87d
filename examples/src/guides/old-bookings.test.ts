import { test } from 'node:test'
import { defineAggregate } from '@eventmill/core'
import { scenario } from '@eventmill/testing'
import { concertEvents } from './priced-events.ts'

const Concert = defineAggregate({
  type: 'Concert',
  events: concertEvents,
  initialize: (_id: string): { readonly [guest: string]: number } => ({}),
  apply: {
    Booked: (paid, { data: { guest, cents } }) => ({ ...paid, [guest]: (paid[guest] ?? 0) + cents }),
    Refunded: (paid, { data: { guest, cents } }) => ({ ...paid, [guest]: (paid[guest] ?? 0) - cents }),
  },
  handle: {
    Refund: (paid, { guest }: { guest: string }) =>
      concertEvents.Refunded({ guest, cents: paid[guest] ?? 0 }),
  },
})

test('who booked when seats had no price gets 20 euros back for each', () => {
  const guest = 'ada@example.com'
  return scenario(Concert, 'jazz')
    .given(
      { source: concertEvents.source, type: 'Booked', version: 1, data: { guest, seats: 2 } },
      concertEvents.Booked({ guest, seats: 1, cents: 25_00 }),
    )
    .when(Concert.commands.Refund('jazz', { guest }))
    .decides(concertEvents.Refunded({ guest, cents: 65_00 }))
})

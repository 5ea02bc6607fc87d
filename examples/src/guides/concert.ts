import { defineAggregate } from '@eventmill/core'
import { concertEvents } from './concert-events.ts'

interface Concert {
  readonly announced: boolean
  readonly free: number
  readonly bookings: { readonly [guest: string]: number }
}

export const Concert = defineAggregate({
  type: 'Concert',
  events: concertEvents,
  initialize: (_id: string): Concert => ({ announced: false, free: 0, bookings: {} }),
  apply: {
    Announced: (concert, { data }) => ({ ...concert, announced: true, free: data.seats }),
    Booked: ({ free, bookings, ...concert }, { data: { guest, seats } }) => ({
      ...concert,
      free: free - seats,
      bookings: { ...bookings, [guest]: (bookings[guest] ?? 0) + seats },
    }),
    Cancelled: ({ free, bookings, ...concert }, { data: { guest } }) => ({
      ...concert,
      free: free + (bookings[guest] ?? 0),
      bookings: { ...bookings, [guest]: 0 },
    }),
  },
  handle: {
    Announce: ({ announced }, concert: { title: string; seats: number }) =>
      announced ? [] : concertEvents.Announced(concert),
    Book: ({ free }, booking: { guest: string; seats: number }) => {
      if (free < booking.seats) throw new SoldOut(free)
      return concertEvents.Booked(booking)
    },
    Cancel: ({ bookings }, { guest }: { guest: string }) =>
      bookings[guest] ? concertEvents.Cancelled({ guest }) : [],
  },
})

export class SoldOut extends Error {
  readonly code = 'SOLD_OUT'

  constructor(free: number) {
    super(`only ${free} of the seats are free`)
  }
}

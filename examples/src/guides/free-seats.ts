import { defineProjection } from '@eventmill/projections'
import { concertEvents } from './concert-events.ts'

export const freeSeats = defineProjection({
  name: 'free-seats',
  version: 1,
  events: concertEvents,
  handle: {
    Announced: ({ aggregateId, data }, list: Map<string, number>) => {
      list.set(aggregateId, data.seats)
    },
    Booked: ({ aggregateId, data }, list) => {
      list.set(aggregateId, (list.get(aggregateId) ?? 0) - data.seats)
    },
  },
})

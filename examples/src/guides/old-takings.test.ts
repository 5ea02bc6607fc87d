import { test } from 'node:test'
import { defineProjection } from '@eventmill/projections'
import { scenario } from '@eventmill/testing'
import { Concert } from './concert.ts'
import { concertEvents } from './priced-events.ts'

const takings = defineProjection({
  name: 'takings',
  version: 1,
  events: concertEvents,
  handle: {
    Booked: ({ aggregateId, data }, sums: Map<string, number>) => {
      sums.set(aggregateId, (sums.get(aggregateId) ?? 0) + data.cents)
    },
  },
})

test('bookings without a price count 20 euros a seat', () => {
  const data = { guest: 'ada@example.com', seats: 2 }
  const old = { source: concertEvents.source, type: 'Booked', version: 1, data }
  return scenario(takings, () => new Map<string, number>())
    .given({ stream: Concert.stream('jazz'), events: [old] })
    .results(new Map([['jazz', 40_00]]))
})

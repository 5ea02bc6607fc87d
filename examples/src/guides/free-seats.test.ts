import { test } from 'node:test'
import { scenario } from '@eventmill/testing'
import { concertEvents } from './concert-events.ts'
import { Concert } from './concert.ts'
import { freeSeats } from './free-seats.ts'

test('the list shows what is free', () =>
  scenario(freeSeats, () => new Map<string, number>())
    .given(
      {
        stream: Concert.stream('jazz'),
        events: [
          concertEvents.Announced({ title: 'Jazz night', seats: 3 }),
          concertEvents.Booked({ guest: 'ada@example.com', seats: 2 }),
        ],
      },
      {
        stream: Concert.stream('blues'),
        events: [concertEvents.Announced({ title: 'Blues', seats: 5 })],
      },
    )
    .results(
      new Map([
        ['jazz', 1],
        ['blues', 5],
      ]),
    ))

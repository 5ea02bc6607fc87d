import { test } from 'node:test'
import { scenario } from '@eventmill/testing'
import { concertEvents } from './concert-events.ts'
import { Concert } from './concert.ts'

const announced = concertEvents.Announced({ title: 'Jazz night', seats: 2 })
const { Book, Cancel } = Concert.commands

test('seats are sold while there are some', async () => {
  const booking = { guest: 'ada@example.com', seats: 2 }
  const jazz = scenario(Concert, 'jazz').given(announced)
  await jazz.when(Book('jazz', booking)).decides(concertEvents.Booked(booking))
  await jazz.when(Book('jazz', { ...booking, seats: 3 })).rejects('SOLD_OUT')
})

test('who has not booked has nothing to cancel', () =>
  scenario(Concert, 'jazz')
    .given(announced)
    .when(Cancel('jazz', { guest: 'bob@example.com' }))
    .decides())

import { test } from 'node:test'
import { scenario } from '@eventmill/testing'
import { concertEvents } from './concert-events.ts'
import { Concert, SoldOut } from './concert.ts'

const announced = concertEvents.Announced({ title: 'Jazz night', seats: 2 })
const booked = concertEvents.Booked({ guest: 'ada@example.com', seats: 2 })

test('a seat is booked once', async () => {
  const jazz = scenario(Concert, 'jazz').given(announced)
  await jazz.when(Concert.commands.Book('jazz', { guest: 'ada@example.com', seats: 2 })).decides(booked)
  await jazz.when(Concert.commands.Book('jazz', { guest: 'ada@example.com', seats: 3 })).rejects(SoldOut)
})

test('who cancels gives the seats back', async () => {
  await scenario(Concert, 'jazz')
    .given(announced, booked, concertEvents.Cancelled({ guest: 'ada@example.com' }))
    .when(Concert.commands.Book('jazz', { guest: 'bob@example.com', seats: 2 }))
    .decides(concertEvents.Booked({ guest: 'bob@example.com', seats: 2 }))
})

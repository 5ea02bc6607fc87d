import { test } from 'node:test'
import { Core, type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { everySchedule } from '@eventmill/testing'
import { Concert } from './concert.ts'

const { Announce, Book } = Concert.commands
const bookFor = (guest: string) => (store: EventStore) =>
  new Core(store).dispatchCommand(Book('jazz', { guest, seats: 1 }))

test('the last seat is sold once, whoever is faster', async () => {
  const { all } = await everySchedule({
    prepare: async () => {
      const store = new InMemoryStore()
      await new Core(store).dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 1 }))
      return store
    },
    commands: [bookFor('ada@example.com'), bookFor('bob@example.com')],
    check: async (store) => {
      const { bookings } = (await new Core(store).load(Concert, 'jazz')).state
      const guests = Object.keys(bookings)
      if (guests.length !== 1) throw new Error(`the seat was sold to ${guests.join(' and ')}`)
    },
    lostAnswers: true,
  })
  if (!all) throw new Error('there are more schedules than were tried: raise the limit')
})

import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { Core } from '@eventmill/core'
import { defineProjection, InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'
import { concertEvents } from './concert-events.ts'
import { Concert } from './concert.ts'

const { Announce, Book } = Concert.commands

// What the process dispatches with is given to it, so that a test may give another one.
const invitations = (core: Core) =>
  defineProjection({
    name: 'invitations',
    version: 1,
    events: concertEvents,
    handle: {
      Booked: async ({ id, aggregateId, data }, _target: unknown) => {
        if (aggregateId !== 'festival') return
        await core.dispatchCommand(Book('party', data, { commandId: `invitation by ${id}` }))
      },
    },
  })

test('who books the festival is invited to the party, once', async () => {
  const store = new InMemoryStore()
  const core = new Core(store)
  await core.dispatchCommand(Announce('festival', { title: 'Festival', seats: 1_000 }))
  await core.dispatchCommand(Announce('party', { title: 'With the bands', seats: 10 }))
  const booked = await core.dispatchCommand(Book('festival', { guest: 'ada@example.com', seats: 2 }))

  // The second time it knows of no checkpoint, as after a crash, and handles all events again.
  for (const _time of [1, 2]) {
    const process = invitations(core)
    const into = new InMemoryProjectionStore(undefined)
    const projections = new Projections(store, { into, projections: [process] })
    await projections.start()
    await projections.waitFor(process, booked.position)
    await projections.stop()
  }
  const party = await core.load(Concert, 'party')
  deepEqual(party.state.bookings, { 'ada@example.com': 2 })
})

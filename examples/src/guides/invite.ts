import { Core } from '@eventmill/core'
import { defineProjection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { concertEvents } from './concert-events.ts'
import { Concert, SoldOut } from './concert.ts'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const store = new PostgresStore({ client: pool })
const readSide = new PostgresProjectionStore({ client: pool })
await store.migrate()
await readSide.migrate()
const core = new Core(store)
const { Announce, Book } = Concert.commands

// Whoever books the festival is invited to the party, while there is room.
const invitations = defineProjection({
  name: 'invitations',
  version: 1,
  replay: false,
  events: concertEvents,
  handle: {
    Booked: async ({ id, aggregateId, data, metadata }, _sql: SqlClient) => {
      if (aggregateId !== 'festival') return
      const { correlationId = id } = metadata
      const invite = Book('party', data, {
        commandId: `invitation by ${id}`,
        metadata: { correlationId, causationId: id },
      })
      try {
        await core.dispatchCommand(invite)
      } catch (error) {
        // What is refused for good would be refused again: here one compensates, or lets somebody know.
        if (!(error instanceof SoldOut)) throw error
        console.log(`no room for ${data.guest}`)
      }
    },
  },
})

const projections = new Projections(store, { into: readSide, projections: [invitations] })
await projections.start()
await core.dispatchCommand(Announce('festival', { title: 'Festival', seats: 1_000 }))
await core.dispatchCommand(Announce('party', { title: 'With the bands', seats: 2 }))
await core.dispatchCommand(Book('festival', { guest: 'ada@example.com', seats: 2 }))
const last = await core.dispatchCommand(Book('festival', { guest: 'bob@example.com', seats: 1 }))
await projections.waitFor(invitations, last.position)
const { state } = await core.load(Concert, 'party')
console.log(Object.keys(state.bookings))

await projections.stop()
await store.close()
await pool.end()

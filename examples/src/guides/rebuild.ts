import { PGlite } from '@electric-sql/pglite'
import { Core } from '@eventmill/core'
import { defineProjection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { concertEvents } from './concert-events.ts'
import { Concert } from './concert.ts'

// Each version has a table of its own, and readers a view on that of the version that serves.
const sold1 = defineProjection({
  name: 'sold',
  version: 1,
  events: concertEvents,
  create: async (sql: SqlClient) => {
    await sql.query('create table sold_1 (concert text primary key, seats integer not null)')
  },
  serve: async (sql) => {
    await sql.query('create view sold as select * from sold_1')
  },
  drop: async (sql) => {
    await sql.query('drop table sold_1')
  },
  handle: {
    Booked: async ({ aggregateId, data }, sql) => {
      await sql.query(
        `insert into sold_1 values ($1, $2)
         on conflict (concert) do update set seats = sold_1.seats + excluded.seats`,
        [aggregateId, data.seats],
      )
    },
  },
})

// The next version tells how many bookings there were, too.
const sold2 = defineProjection({
  name: 'sold',
  version: 2,
  events: concertEvents,
  create: async (sql: SqlClient) => {
    await sql.query(
      'create table sold_2 (concert text primary key, seats integer not null, bookings integer not null)',
    )
  },
  serve: async (sql) => {
    await sql.query('drop view if exists sold')
    await sql.query('create view sold as select * from sold_2')
  },
  drop: async (sql) => {
    await sql.query('drop table sold_2')
  },
  handle: {
    Booked: async ({ aggregateId, data }, sql) => {
      await sql.query(
        `insert into sold_2 values ($1, $2, 1)
         on conflict (concert) do update
         set seats = sold_2.seats + excluded.seats, bookings = sold_2.bookings + 1`,
        [aggregateId, data.seats],
      )
    },
  },
})

const client = await PGlite.create()
const store = new PostgresStore({ client })
const readSide = new PostgresProjectionStore({ client })
await store.migrate()
await readSide.migrate()
const core = new Core(store)
const { Announce, Book } = Concert.commands
const book = (guest: string) => core.dispatchCommand(Book('jazz', { guest, seats: 1 }))
const show = async () => {
  console.log((await client.query('select * from sold')).rows)
}

// The first release.
const first = new Projections(store, { into: readSide, projections: [sold1] })
await first.start()
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 10 }))
await first.waitFor(sold1, (await book('ada@example.com')).position)
await show()
await first.stop()

// The second one runs both, until the new version has caught up and serves.
const second = new Projections(store, { into: readSide, projections: [sold1, sold2] })
await second.start()
await second.waitFor(sold2, (await book('bob@example.com')).position)
while ((await second.serving('sold')) !== 2) await new Promise((resolve) => setTimeout(resolve, 10))
await show()
await second.stop()

// The third one does not know the old version. A script that still has its definition removes it.
const third = new Projections(store, { into: readSide, projections: [sold2] })
await third.drop(sold1)

await store.close()
await client.close()

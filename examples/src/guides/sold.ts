import { defineProjection } from '@eventmill/projections'
import { type SqlClient } from '@eventmill/projections-postgres'
import { concertEvents } from './concert-events.ts'

// Each version has a table of its own, and readers a view on that of the version that serves.
export const sold1 = defineProjection({
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

// The next version tells how many bookings there were, too, and calls the seats what the box office calls them: tickets.
export const sold2 = defineProjection({
  name: 'sold',
  version: 2,
  events: concertEvents,
  create: async (sql: SqlClient) => {
    await sql.query(
      'create table sold_2 (concert text primary key, tickets integer not null, bookings integer not null)',
    )
  },
  serve: async (sql) => {
    await sql.query('drop view if exists sold')
    // Readers of the first release still run, and ask for `seats`.
    await sql.query('create view sold as select *, tickets as seats from sold_2')
  },
  drop: async (sql) => {
    await sql.query('drop table sold_2')
  },
  handle: {
    Booked: async ({ aggregateId, data }, sql) => {
      await sql.query(
        `insert into sold_2 values ($1, $2, 1)
         on conflict (concert) do update
         set tickets = sold_2.tickets + excluded.tickets, bookings = sold_2.bookings + 1`,
        [aggregateId, data.seats],
      )
    },
  },
})

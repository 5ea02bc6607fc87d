import { Core, defineAggregate, defineEvents, event } from '@eventmill/core'
import { defineProjection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'

const reservationEvents = defineEvents('https://example.com/reservation', {
  Reserved: event<{ seat: string }>(),
  Paid: event(),
  Expired: event(),
})

const Reservation = defineAggregate({
  type: 'Reservation',
  events: reservationEvents,
  initialize: (_id: string): 'none' | 'open' | 'paid' | 'expired' => 'none',
  apply: { Reserved: (_state) => 'open', Paid: (_state) => 'paid', Expired: (_state) => 'expired' },
  handle: {
    Reserve: (state, data: { seat: string }) => (state === 'none' ? reservationEvents.Reserved(data) : []),
    Pay: (state) => (state === 'open' ? reservationEvents.Paid() : []),
    // Whether there still is something to do is decided when it is due.
    Expire: (state) => (state === 'open' ? reservationEvents.Expired() : []),
  },
})

// What is to be sent, and when: a command is plain JSON.
const deadlines = defineProjection({
  name: 'deadlines',
  version: 1,
  events: reservationEvents,
  create: async (sql: SqlClient) => {
    await sql.query('create table deadlines_1 (due timestamptz not null, command json not null)')
    await sql.query('create index on deadlines_1 (due)')
  },
  handle: {
    Reserved: async ({ id, aggregateId, time }, sql) => {
      const expire = Reservation.commands.Expire(aggregateId, undefined, { commandId: `deadline of ${id}` })
      await sql.query(`insert into deadlines_1 values ($1::timestamptz + interval '15 minutes', $2)`, [
        time,
        JSON.stringify(expire),
      ])
    },
  },
})

/** Sends what is due. Any number of processes may do so at once: each takes rows that no other one has. */
async function sendDue(pool: pg.Pool, core: Core, now: Date): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query<{ command: unknown }>(
      `delete from deadlines_1 where ctid = any (array(
         select ctid from deadlines_1 where due <= $1 order by due limit 100 for update skip locked
       )) returning command`,
      [now],
    )
    // Where this process dies before the commit they are sent again, and are known by their ids.
    for (const { command } of rows) await core.dispatchCommand(Reservation.command(command))
    await client.query('commit')
  } catch (error) {
    // Where the connection is lost, it is rolled back as well: what is told is why it failed.
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
const store = new PostgresStore({ client: pool })
const readSide = new PostgresProjectionStore({ client: pool })
await store.migrate()
await readSide.migrate()
const core = new Core(store)
const projections = new Projections(store, { into: readSide, projections: [deadlines] })
await projections.start()

const { Reserve, Pay } = Reservation.commands
await core.dispatchCommand(Reserve('1', { seat: '4C' }))
await core.dispatchCommand(Reserve('2', { seat: '4D' }))
const { position } = await core.dispatchCommand(Pay('2'))
await projections.waitFor(deadlines, position)

// A service does so every few seconds. Here it is a quarter of an hour later.
await sendDue(pool, core, new Date(Date.now() + 16 * 60_000))
for (const id of ['1', '2']) console.log(id, (await core.load(Reservation, id)).state)

await projections.stop()
await store.close()
await pool.end()

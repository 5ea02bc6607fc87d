import { PGlite } from '@electric-sql/pglite'
import { Core } from '@eventmill/core'
import { Projections } from '@eventmill/projections'
import { PostgresProjectionStore } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { Concert } from './concert.ts'
import { sold1, sold2 } from './sold.ts'

const client = await PGlite.create()
const store = new PostgresStore({ client })
const readSide = new PostgresProjectionStore({ client })
await store.migrate()
await readSide.migrate()
const core = new Core(store)
const { Announce, Book } = Concert.commands
const book = (guest: string) => core.dispatchCommand(Book('jazz', { guest, seats: 1 }))
const show = async (columns: string) => {
  console.log((await client.query(`select ${columns} from sold`)).rows)
}

// The first release.
const first = new Projections(store, { into: readSide, projections: [sold1] })
await first.start()
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 10 }))
await first.waitFor(sold1, (await book('ada@example.com')).position)
await show('concert, seats')
await first.stop()

// The second one runs both, until the new version has caught up and serves.
const second = new Projections(store, { into: readSide, projections: [sold1, sold2] })
await second.start()
await second.waitFor(sold2, (await book('bob@example.com')).position)
while ((await second.serving('sold')) !== 2) await new Promise((resolve) => setTimeout(resolve, 10))
await show('concert, tickets, bookings')
// As a process of the first release still asks.
await show('concert, seats')
await second.stop()

// The third one does not know the old version. A script that still has its definition removes it.
const third = new Projections(store, { into: readSide, projections: [sold2] })
await third.drop(sold1)

await store.close()
await client.close()

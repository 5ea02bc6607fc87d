import { PGlite } from '@electric-sql/pglite'
import { Core } from '@eventmill/core'
import { defineProjection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import { concertEvents } from './concert-events.ts'
import { Concert } from './concert.ts'

/** What is used of a producer: that of Kafka, or whatever takes messages and says when it has them. */
interface Producer {
  readonly send: (batch: { topic: string; messages: readonly Message[] }) => Promise<unknown>
}

interface Message {
  readonly key: string
  readonly value: string
}

const publication = (producer: Producer) =>
  defineProjection({
    name: 'publication',
    version: 1,
    replay: false,
    events: concertEvents,
    // However long the broker is away.
    onFailure: { retries: Infinity },
    handleBatch: async (events, _sql: SqlClient) => {
      await producer.send({
        topic: 'concerts',
        messages: events.map(({ id, type, aggregateId, time, data }) => ({
          key: aggregateId,
          value: JSON.stringify({ id, type, concert: aggregateId, time, data }),
        })),
      })
    },
  })

// One that prints, on a PGlite.
const printer: Producer = {
  send: async ({ messages }) => {
    for (const { key, value } of messages) console.log(key, (JSON.parse(value) as { type: string }).type)
  },
}
const client = await PGlite.create()
const store = new PostgresStore({ client })
const readSide = new PostgresProjectionStore({ client })
await store.migrate()
await readSide.migrate()
const published = publication(printer)
const projections = new Projections(store, { into: readSide, projections: [published] })
await projections.start()

const core = new Core(store)
const { Announce, Book } = Concert.commands
await core.dispatchCommand(Announce('jazz', { title: 'Jazz night', seats: 3 }))
const { position } = await core.dispatchCommand(Book('jazz', { guest: 'ada@example.com', seats: 2 }))
await projections.waitFor(published, position)

await projections.stop()
await store.close()
await client.close()

import { CommandHandler, getInMemoryEventStore, type Event, type EventStore } from '@event-driven-io/emmett'
import { getPostgreSQLEventStore, postgreSQLEventStoreConsumer } from '@event-driven-io/emmett-postgresql'
import pg from 'pg'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { batches, versionOf } from './peer.ts'

type Deposited = Event<'Deposited', { iban: string; cents: number; by: string; sentAt?: number }>

const evolve = (balance: number, { data }: Deposited) => balance + data.cents
const initialState = () => 0
const deposited: Deposited = { type: 'Deposited', data: { ...deposit } }
const handle = CommandHandler<number, Deposited>({ evolve, initialState })

const VERSION = versionOf('@event-driven-io/emmett')

/** Pulls so many messages at a time, with so many milliseconds between two looks. */
interface Pulling {
  readonly batchSize?: number
  readonly pullingFrequencyInMs?: number
}

function emmett(name: string, notes: string, pulling: Pulling): Contender {
  return {
    name,
    version: VERSION,
    notes,
    open: async (url) => {
      const pool = new pg.Pool({ connectionString: url, max: 16 })
      const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } })
      await store.schema.migrate()
      const consume = (
        eachMessage: (message: { readonly data: Deposited['data'] }) => boolean | void,
        id: string,
      ) => {
        const consumer = postgreSQLEventStoreConsumer<Deposited>({ connectionString: url, pulling })
        consumer.reactor<Deposited>({
          processorId: id,
          startFrom: id === 'follow' ? 'END' : 'BEGINNING',
          eachMessage: (message) => void eachMessage(message),
        })
        const running = consumer.start()
        return async () => {
          await consumer.close()
          await running
        }
      }
      let consumers = 0
      return {
        appendFresh: (id) =>
          store.appendToStream(id, [deposited], { expectedStreamVersion: 'STREAM_DOES_NOT_EXIST' }),
        command: (id) => handle(store, id, () => deposited, { retry: { onVersionConflict: 10 } }),
        fill: (id, count) =>
          batches(count, 1_000, (many) =>
            store.appendToStream(
              id,
              Array.from({ length: many }, () => deposited),
            ),
          ),
        load: async (id) =>
          (await store.aggregateStream<number, Deposited>(id, { evolve, initialState })).state,
        catchUp: async (count) => {
          const all = Promise.withResolvers<void>()
          let seen = 0
          const end = consume(() => {
            if (++seen === count) all.resolve()
          }, `catch-up-${++consumers}`)
          await all.promise
          await end()
        },
        follow: async (arrived) => {
          return consume(({ data }) => {
            if (data.sentAt !== undefined) arrived(data.sentAt)
          }, 'follow')
        },
        send: (id, sentAt) => store.appendToStream(id, [{ type: 'Deposited', data: { ...deposit, sentAt } }]),
        close: async () => {
          await store.close()
          await pool.end()
        },
      }
    },
  }
}

const APPENDS =
  'Its PostgreSQL store takes STREAM_DOES_NOT_EXIST for any version, so that fresh appends check nothing.'

export const emmettPostgres: readonly Contender[] = [
  emmett('emmett', `Defaults: messages are pulled 100 at a time, every 50 ms. ${APPENDS}`, {}),
  emmett('emmett, tuned', 'Messages are pulled 1,000 at a time, every millisecond.', {
    batchSize: 1_000,
    pullingFrequencyInMs: 1,
  }),
]

export const emmettMemory: MemoryContender = {
  name: 'emmett',
  version: VERSION,
  notes: 'Defaults.',
  open: async () => {
    const store: EventStore = getInMemoryEventStore()
    return {
      fill: (id, count) =>
        store.appendToStream(
          id,
          Array.from({ length: count }, () => deposited),
        ),
      command: (id) => handle(store, id, () => deposited),
    }
  },
}

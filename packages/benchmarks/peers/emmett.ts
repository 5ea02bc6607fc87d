import { CommandHandler, type Event } from '@event-driven-io/emmett'
import {
  getPostgreSQLEventStore,
  PostgreSQLEventStoreDefaultStreamVersion,
} from '@event-driven-io/emmett-postgresql'
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { type Contender, deposit } from '../src/contenders/contender.ts'
import { parts, poolOf, TRIES, versionOf } from './adapter-parts.ts'

type Deposited = Event<'Deposited', typeof deposit & { readonly sentAt?: number }>

/** How its consumers poll; as they do by default where nothing is said. */
interface Setting {
  readonly catchUp?: Pulling
  readonly follow?: Pulling
}

interface Pulling {
  readonly batchSize: number
  readonly pullingFrequencyInMs: number
}

export const emmett = contender(
  'emmett',
  {},
  'Commands by CommandHandler, told to try again at conflicts, which it does after 100 ms or more. A fresh stream is expected to be at version 0, as ' +
    'STREAM_DOES_NOT_EXIST is not checked on PostgreSQL: the append succeeds on a stream that exists. Consumers at their ' +
    'defaults: 100 events at a time, a pause of 50 ms after each full batch, and pauses that grow up to 1 s after ' +
    'others. A checkpoint is stored for each event. A consumer orders by transaction, but goes on after a position, so it ' +
    'misses events of appends that ran at the same time, and has others twice: the log is filled by one append after the ' +
    'other.',
)

export const emmettTuned = contender(
  'emmett, tuned',
  {
    catchUp: { batchSize: 1_000, pullingFrequencyInMs: 0 },
    follow: { batchSize: 10, pullingFrequencyInMs: 0 },
  },
  'As emmett, but consumers do not pause: one that catches up takes 1,000 events at a time, and one that follows takes ' +
    '10. That one begins 10 events early, as its pauses are as long as by default until a first batch is full.',
)

function contender(name: string, setting: Setting, notes: string): Contender {
  return {
    name,
    version: versionOf('@event-driven-io/emmett-postgresql'),
    notes,
    open: async (url) => {
      // It reads numbers and JSON in its own way, which it sets for all pools that say nothing else.
      const pool = poolOf(url, { types: pg.types })
      const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } })
      await store.schema.migrate()

      const append = (id: string, events: Deposited[], expectedStreamVersion?: bigint) =>
        store.appendToStream<Deposited>(
          streamOf(id),
          events,
          expectedStreamVersion === undefined ? {} : { expectedStreamVersion },
        )

      const fill = async (id: string, count: number) => {
        for (const { first, size } of parts(count)) {
          await append(
            id,
            Array.from({ length: size }, () => deposited),
            BigInt(first),
          )
        }
      }
      // One after the other, as its consumers miss events of appends that ran at the same time.
      let filled = Promise.resolve()

      return {
        appendFresh: (id) => append(id, [deposited], PostgreSQLEventStoreDefaultStreamVersion),
        command: (id) => handle(store, id, (_cents) => deposited),
        fill: (id, count) => {
          filled = filled.then(() => fill(id, count))
          return filled
        },
        load: async (id) => (await store.aggregateStream(streamOf(id), account)).state,
        catchUp: async (count) => {
          let had = 0
          const consumer = store.consumer<Deposited>({
            stopWhen: { noMessagesLeft: true },
            ...(setting.catchUp && { pulling: setting.catchUp }),
          })
          consumer.reactor<Deposited>({
            processorId: randomUUID(),
            startFrom: 'BEGINNING',
            eachMessage: () => {
              had++
            },
            stopAfter: () => had === count,
          })
          await consumer.start()
          if (had < count) throw new Error(`a consumer of ${count} events had ${had}, and then no more`)
        },
        follow: async (arrived) => {
          const { rows } = await pool.query<{ head: unknown }>(
            'select coalesce(max(global_position), 0)::text as head from emt_messages',
          )
          const head = BigInt(String(rows[0]?.head))
          const early = BigInt(setting.follow?.batchSize ?? 0)
          const consumer = store.consumer<Deposited>(setting.follow && { pulling: setting.follow })
          consumer.reactor<Deposited>({
            processorId: randomUUID(),
            // Its pauses grow up to a second until a first batch is full, and shrink to what is set only then.
            startFrom: { lastCheckpoint: early < head ? head - early : 0n },
            eachMessage: ({ data, metadata }) => {
              if (metadata.globalPosition > head && data.sentAt !== undefined) arrived(data.sentAt)
            },
          })
          const running = consumer.start()
          return async () => {
            await consumer.stop()
            await running
          }
        },
        send: (id, sentAt) => append(id, [{ ...deposited, data: { ...deposit, sentAt } }]),
        close: async () => {
          await store.close()
          await pool.end()
        },
      }
    },
  }
}

const deposited: Deposited = { type: 'Deposited', data: deposit }

function streamOf(id: string): string {
  return `account-${id}`
}

const account = {
  initialState: () => 0,
  evolve: (cents: number, { data }: Deposited) => cents + data.cents,
}

const handle = CommandHandler<number, Deposited>({
  ...account,
  mapToStreamId: streamOf,
  retry: { onVersionConflict: TRIES },
})

import {
  AppendConditionError,
  buildDecisionModel,
  type DcbEvent,
  type EventHandlerWithState,
  type EventStore,
  MemoryEventStore,
  Query,
  Tags,
} from '@dcb-es/event-store'
import { PostgresEventStore, rowLocks } from '@dcb-es/event-store-postgres'
import pg from 'pg'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { batches, retried, versionOf } from './peer.ts'

type Deposited = DcbEvent<
  'Deposited',
  Tags,
  { iban: string; cents: number; by: string; sentAt?: number },
  object
>

const tagsOf = (id: string) => Tags.fromObj({ account: id })
const deposited = (id: string, sentAt?: number): Deposited => ({
  type: 'Deposited',
  tags: tagsOf(id),
  data: { ...deposit, ...(sentAt !== undefined && { sentAt }) },
  metadata: {},
})
const balance = (id: string): EventHandlerWithState<Deposited, number> => ({
  tagFilter: tagsOf(id),
  init: 0,
  when: { Deposited: ({ event }, cents) => cents + event.data.cents },
})

function command(store: EventStore, id: string): Promise<unknown> {
  return retried(
    async () => {
      const { appendCondition } = await buildDecisionModel(store, { balance: balance(id) })
      return store.append({ events: deposited(id), condition: appendCondition })
    },
    (error) => error instanceof AppendConditionError,
  )
}

const VERSION = versionOf('@dcb-es/event-store')

function dcb(
  name: string,
  notes: string,
  options: Partial<ConstructorParameters<typeof PostgresEventStore>[0]>,
): Contender {
  return {
    name,
    version: VERSION,
    notes,
    open: async (url) => {
      const pool = new pg.Pool({ connectionString: url, max: 16 })
      const store = new PostgresEventStore({ pool, ...options })
      await store.ensureInstalled()
      return {
        appendFresh: (id) =>
          store.append({
            events: deposited(id),
            condition: { failIfEventsMatch: Query.fromItems([{ types: ['Deposited'], tags: tagsOf(id) }]) },
          }),
        command: (id) => command(store, id),
        fill: (id, count) =>
          batches(count, 1_000, (many) =>
            store.append({ events: Array.from({ length: many }, () => deposited(id)) }),
          ),
        load: async (id) => (await buildDecisionModel(store, { balance: balance(id) })).state.balance,
        catchUp: async (count) => {
          let seen = 0
          for await (const _event of store.read(Query.all())) if (++seen === count) return
        },
        follow: async (arrived) => {
          const ending = new AbortController()
          const following = (async () => {
            for await (const { event } of store.subscribe(Query.all(), { signal: ending.signal })) {
              const { sentAt } = (event as Deposited).data
              if (sentAt !== undefined) arrived(sentAt)
            }
          })().catch(() => undefined)
          return async () => {
            ending.abort()
            await following
          }
        },
        send: (id, sentAt) => store.append({ events: deposited(id, sentAt) }),
        close: () => pool.end(),
      }
    },
  }
}

export const dcbPostgres: readonly Contender[] = [
  dcb(
    'dcb-es',
    'An account is a tag. Defaults: advisory locks. Its manifest names a version that only its own workspace has, which an override mends.',
    {},
  ),
  dcb('dcb-es, row locks', 'As above, with row locks.', { lockStrategy: rowLocks() }),
]

export const dcbMemory: MemoryContender = {
  name: 'dcb-es',
  version: VERSION,
  notes: 'An account is a tag.',
  open: async () => {
    const store = new MemoryEventStore()
    return {
      fill: (id, count) => store.append({ events: Array.from({ length: count }, () => deposited(id)) }),
      command: (id) => command(store, id),
    }
  },
}

import {
  type Aggregate,
  type EventDetail,
  type EventStorageAdapter,
  EventStore,
  EventType,
} from '@castore/core'
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory'
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { batches, retried, versionOf } from './peer.ts'

type Deposited = EventDetail<'Deposited', { iban: string; cents: number; by: string; sentAt?: number }>

interface Account extends Aggregate {
  readonly cents: number
}

function accounts(eventStorageAdapter: EventStorageAdapter) {
  return new EventStore({
    eventStoreId: 'ACCOUNTS',
    eventTypes: [new EventType<'Deposited', Deposited['payload']>({ type: 'Deposited' })],
    reducer: (account: Account | undefined, { aggregateId, version, payload }: Deposited): Account => ({
      aggregateId,
      version,
      cents: (account?.cents ?? 0) + payload.cents,
    }),
    eventStorageAdapter,
  })
}

type Accounts = ReturnType<typeof accounts>

function push(
  store: Accounts,
  aggregateId: string,
  version: number,
  payload: Deposited['payload'] = { ...deposit },
) {
  return store.pushEvent({ aggregateId, version, type: 'Deposited', payload })
}

/** It loads, and pushes the next version; who is overtaken does so again. */
function command(store: Accounts, id: string): Promise<unknown> {
  return retried(
    async () => {
      const { aggregate } = await store.getAggregate(id)
      return push(store, id, (aggregate?.version ?? 0) + 1)
    },
    (error) => (error as { readonly code?: string }).code === 'EventAlreadyExistsError',
  )
}

async function fill(store: Accounts, id: string, count: number): Promise<void> {
  let version = 0
  await batches(count, 100, async (many) => {
    const events = Array.from({ length: many }, () =>
      store.groupEvent({ aggregateId: id, version: ++version, type: 'Deposited', payload: { ...deposit } }),
    )
    await EventStore.pushEventGroup({}, ...(events as [(typeof events)[number]]))
  })
}

const VERSION = versionOf('@castore/core')
const NOTES =
  'It has no order over all aggregates and no subscriptions, so that it has no part in what needs them.'

export const castorePostgres: readonly Contender[] = [
  {
    name: 'castore',
    version: VERSION,
    notes: `Defaults of \`createEventTable\`. Its client (postgres) chooses how many connections it has: 10. ${NOTES}`,
    open: async (connectionString) => {
      await PostgresEventStorageAdapter.createEventTable({ connectionString }).catch(() => undefined)
      const adapter = new PostgresEventStorageAdapter({ connectionString })
      const store = accounts(adapter)
      return {
        appendFresh: (id) => push(store, id, 1),
        command: (id) => command(store, id),
        fill: (id, count) => fill(store, id, count),
        load: async (id) => (await store.getAggregate(id)).aggregate?.cents ?? 0,
        // It has no way to be closed but its client's.
        close: () => (adapter as unknown as { readonly _sql: { end: () => Promise<void> } })._sql.end(),
      }
    },
  },
]

export const castoreMemory: MemoryContender = {
  name: 'castore',
  version: VERSION,
  notes: 'Defaults.',
  open: async () => {
    const store = accounts(new InMemoryEventStorageAdapter())
    return { fill: (id, count) => fill(store, id, count), command: (id) => command(store, id) }
  },
}

import {
  Command,
  type EventStorageAdapter,
  EventStore,
  EventType,
  type GroupedEvent,
  tuple,
} from '@castore/core'
import { InMemoryEventStorageAdapter } from '@castore/event-storage-adapter-in-memory'
import { PostgresEventStorageAdapter } from '@castore/event-storage-adapter-postgres'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { parts, TRIES, versionOf } from './adapter-parts.ts'

export const castore: Contender = {
  name: 'castore',
  version: versionOf('@castore/event-storage-adapter-postgres'),
  notes:
    'The table has its default types, with UUIDs for aggregates; SERIAL and INTEGER instead of BIGSERIAL and BIGINT made ' +
    'nothing faster. Commands by Command, which is told to try again more often than the 2 times that are its default. It ' +
    'has 10 connections, as it takes no other number. It has no subscriptions, and no order of all events.',
  open: async (connectionString) => {
    await PostgresEventStorageAdapter.createEventTable({ connectionString })
    const adapter = new PostgresEventStorageAdapter({ connectionString })
    const accounts = accountsIn(adapter)
    const command = depositCommand(accounts)
    return {
      appendFresh: (id) => accounts.pushEvent(deposited(id, 1)),
      command: (id) => command.handler(id, [accounts]),
      fill: (id, count) => fill(accounts, id, count),
      send: async (id, sentAt) => {
        const { aggregate } = await accounts.getAggregate(id)
        const event = deposited(id, (aggregate?.version ?? 0) + 1)
        await accounts.pushEvent({ ...event, payload: { ...deposit, sentAt } })
      },
      load: async (id) => (await accounts.getExistingAggregate(id)).aggregate.cents,
      // The adapter cannot be closed.
      close: () => (adapter['_sql'] as { end(): Promise<void> }).end(),
    }
  },
}

export const castoreInMemory: MemoryContender = {
  name: 'castore',
  version: versionOf('@castore/event-storage-adapter-in-memory'),
  notes: 'Its adapter in memory. Commands as on PostgreSQL.',
  open: async () => {
    const accounts = accountsIn(new InMemoryEventStorageAdapter())
    const command = depositCommand(accounts)
    return {
      fill: (id, count) => fill(accounts, id, count),
      command: (id) => command.handler(id, [accounts]),
    }
  },
}

const depositedType = new EventType<'DEPOSITED', typeof deposit & { readonly sentAt?: number }>({
  type: 'DEPOSITED',
})

interface Account {
  readonly aggregateId: string
  readonly version: number
  readonly cents: number
}

type Accounts = ReturnType<typeof accountsIn>

function accountsIn(eventStorageAdapter: EventStorageAdapter) {
  return new EventStore({
    eventStoreId: 'ACCOUNTS',
    eventTypes: [depositedType],
    reducer: (account: Account | undefined, { aggregateId, version, payload }): Account => ({
      aggregateId,
      version,
      cents: (account?.cents ?? 0) + payload.cents,
    }),
    eventStorageAdapter,
  })
}

function deposited(aggregateId: string, version: number) {
  return { aggregateId, version, type: 'DEPOSITED' as const, payload: deposit }
}

function depositCommand(accounts: Accounts) {
  return new Command({
    commandId: 'DEPOSIT',
    requiredEventStores: tuple(accounts),
    eventAlreadyExistsRetries: TRIES,
    handler: async (id: string, [store]) => {
      const { aggregate } = await store.getExistingAggregate(id)
      return store.pushEvent(deposited(id, aggregate.version + 1), { prevAggregate: aggregate })
    },
  })
}

async function fill(accounts: Accounts, id: string, count: number): Promise<void> {
  for (const { first, size } of parts(count)) {
    const events = Array.from({ length: size }, (_, index) =>
      accounts.groupEvent(deposited(id, first + index + 1)),
    )
    await EventStore.pushEventGroup({}, ...(events as unknown as [GroupedEvent, ...GroupedEvent[]]))
  }
}

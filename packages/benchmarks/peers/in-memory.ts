import { CommandHandler, type Event, type EventStore, getInMemoryEventStore } from '@event-driven-io/emmett'
import {
  buildDecisionModel,
  type DcbEvent,
  type EventHandlerWithState,
  MemoryEventStore,
  Tags,
} from '@dcb-es/event-store'
import { deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { versionOf } from './adapter-parts.ts'

type Deposited = Event<'Deposited', { iban: string; cents: number; by: string }>

const deposited: Deposited = { type: 'Deposited', data: { ...deposit } }
const handle = CommandHandler<number, Deposited>({
  evolve: (balance, { data }) => balance + data.cents,
  initialState: () => 0,
})

export const emmettInMemory: MemoryContender = {
  name: 'emmett',
  version: versionOf('@event-driven-io/emmett'),
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

type Tagged = DcbEvent<'Deposited', Tags, { iban: string; cents: number; by: string }, object>

function tagged(id: string): Tagged {
  return { type: 'Deposited', tags: Tags.fromObj({ account: id }), data: { ...deposit }, metadata: {} }
}

export const dcbEsInMemory: MemoryContender = {
  name: 'dcb-es',
  version: versionOf('@dcb-es/event-store'),
  notes: 'An account is a tag.',
  open: async () => {
    const store = new MemoryEventStore()
    return {
      fill: (id, count) => store.append({ events: Array.from({ length: count }, () => tagged(id)) }),
      command: async (id) => {
        const balance: EventHandlerWithState<Tagged, number> = {
          tagFilter: Tags.fromObj({ account: id }),
          init: 0,
          when: { Deposited: ({ event }, cents) => cents + event.data.cents },
        }
        const { appendCondition } = await buildDecisionModel(store, { balance })
        await store.append({ events: tagged(id), condition: appendCondition })
      },
    }
  },
}

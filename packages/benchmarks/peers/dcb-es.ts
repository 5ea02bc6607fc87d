import {
  AppendConditionError,
  buildDecisionModel,
  type DcbEvent,
  type EventHandlerWithState,
  type EventStore,
  Query,
  SequencePosition,
  Tags,
} from '@dcb-es/event-store'
import { PostgresEventStore } from '@dcb-es/event-store-postgres'
import type pg from 'pg'
import { type Contender, deposit } from '../src/contenders/contender.ts'
import { poolOf, retried, versionOf } from './adapter-parts.ts'

export const dcbEs = contender(
  'dcb-es',
  {},
  'An aggregate is a tag, and a fresh one is a condition that no event has it. Commands by buildDecisionModel, tried again ' +
    'at conflicts as its documentation asks for. Catch-up by read, follow by subscribe. Options at their defaults, with ' +
    'advisory locks. How its conditions are looked up depends on what the planner knows: analyze its table once it is filled.',
)

export const dcbEsTuned = contender(
  'dcb-es, tuned',
  { pool: { options: '-c cursor_tuple_fraction=1 -c plan_cache_mode=force_custom_plan' }, pollIntervalMs: 5 },
  'As dcb-es, but its connections have settings of PostgreSQL by which the planner finds events by their tag, instead of ' +
    'looking through the log: its cursors are planned for all of their rows, and its conditions for their values. And a ' +
    'subscriber that has missed a notification looks again after 5 ms instead of 100 ms. Row locks, COPY for all appends, ' +
    'and no cache of the end of the log, made nothing faster than that.',
)

interface Setting {
  readonly pool?: pg.PoolConfig
  readonly pollIntervalMs?: number
}

function contender(name: string, setting: Setting, notes: string): Contender {
  return {
    name,
    version: versionOf('@dcb-es/event-store-postgres'),
    notes,
    open: async (url) => {
      const pool = poolOf(url, setting.pool)
      const store = new PostgresEventStore({ pool })
      await store.ensureInstalled()

      return {
        appendFresh: (id) =>
          store.append({ events: deposited(id), condition: { failIfEventsMatch: eventsOf(id) } }),
        command: (id) =>
          retried(isConflict, async () => {
            const { appendCondition } = await buildDecisionModel(store, { account: account(id) })
            return store.append({ events: deposited(id), condition: appendCondition })
          }),
        fill: (id, count) => store.append({ events: Array.from({ length: count }, () => deposited(id)) }),
        load: async (id) => (await buildDecisionModel(store, { account: account(id) })).state.account,
        catchUp: async (count) => {
          let had = 0
          for await (const _event of store.read(Query.all())) had++
          if (had < count) throw new Error(`${count} events were to be read, but there came ${had}`)
        },
        follow: async (arrived) => {
          const ending = new AbortController()
          const { pollIntervalMs } = setting
          const running = listen(store, arrived, {
            after: await headOf(store),
            signal: ending.signal,
            ...(pollIntervalMs !== undefined && { pollIntervalMs }),
          })
          return async () => {
            ending.abort()
            await running
          }
        },
        send: (id, sentAt) => store.append({ events: deposited(id, sentAt) }),
        close: () => pool.end(),
      }
    },
  }
}

const TYPE = 'deposited'

type Deposited = DcbEvent<typeof TYPE, Tags, typeof deposit & { readonly sentAt?: number }>

function deposited(account: string, sentAt?: number): Deposited {
  const data = sentAt === undefined ? deposit : { ...deposit, sentAt }
  return { type: TYPE, tags: Tags.fromObj({ account }), data, metadata: {} }
}

function account(id: string): EventHandlerWithState<Deposited, number> {
  return {
    tagFilter: Tags.fromObj({ account: id }),
    init: 0,
    when: { [TYPE]: ({ event }, cents) => cents + event.data.cents },
  }
}

function eventsOf(account: string): Query {
  return Query.fromItems([{ types: [TYPE], tags: Tags.fromObj({ account }) }])
}

function isConflict(error: unknown): boolean {
  return error instanceof AppendConditionError
}

async function headOf(store: EventStore): Promise<SequencePosition> {
  for await (const { position } of store.read(Query.all(), { backwards: true, limit: 1 })) return position
  return SequencePosition.initial()
}

async function listen(
  store: EventStore,
  arrived: (sentAt: number) => void,
  options: NonNullable<Parameters<EventStore['subscribe']>[1]>,
): Promise<void> {
  for await (const { event } of store.subscribe(Query.all(), options)) {
    const { sentAt } = event.data as Deposited['data']
    if (sentAt !== undefined) arrived(sentAt)
  }
}

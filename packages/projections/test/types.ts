// Nothing here runs: the type check of the tests proves what must compile, and with `@ts-expect-error` what must not.
import { defineEvents, event, type EventStore } from '@eventmill/core'
import {
  defineProjection,
  InMemoryProjectionStore,
  type Projection,
  Projections,
  type ProjectionStore,
} from '@eventmill/projections'
import { expectTypeOf } from 'expect-type'

interface SqlClient {
  query(text: string, values?: readonly unknown[]): Promise<{ rows: readonly unknown[] }>
}

declare const store: EventStore
declare const sqlStore: ProjectionStore<SqlClient>

const accountEvents = defineEvents('https://example.com/account', {
  Deposited: event<{ cents: number }>(),
  Withdrawn: event<{ cents: number }>(),
  Closed: event(),
})

// ---- the target is inferred from one annotation, the events from the namespace

const turnover = defineProjection({
  name: 'turnover',
  version: 1,
  events: accountEvents,
  handle: {
    Deposited: async ({ data, time }, sql: SqlClient) => {
      expectTypeOf(data).toEqualTypeOf<{ cents: number }>()
      await sql.query('…', [time, data.cents])
    },
    Withdrawn: async ({ data }, sql) => {
      expectTypeOf(sql).toEqualTypeOf<SqlClient>()
      await sql.query('…', [data.cents])
    },
  },
})
expectTypeOf(turnover).toEqualTypeOf<Projection<SqlClient>>()

const totals = defineProjection({
  name: 'totals',
  version: 1,
  events: [accountEvents],
  partitions: 4,
  create: (totals: Map<string, number>) => {
    totals.clear()
  },
  handleBatch: (events, totals) => {
    for (const event of events) {
      if (event.type === 'Deposited') totals.set(event.aggregateId, event.data.cents)
    }
  },
})
expectTypeOf(totals).toEqualTypeOf<Projection<Map<string, number>>>()

// ---- a projection runs where its target is

const running = new Projections(store, { into: sqlStore, projections: [turnover] })
await running.waitFor(turnover, 5, { timeout: 1_000 })
new Projections(store, {
  into: new InMemoryProjectionStore(new Map<string, number>()),
  projections: [totals],
})
// @ts-expect-error it writes to a map, not to a database
new Projections(store, { into: sqlStore, projections: [totals] })

defineProjection({
  name: 'wrong',
  version: 1,
  events: accountEvents,
  // @ts-expect-error no such type
  handle: { Burnt: () => undefined },
})
// @ts-expect-error neither handle nor handleBatch
defineProjection({ name: 'none', version: 1, events: accountEvents })

import { defineEvents, event, type EventStore, type NewEvent } from '@eventmill/core'
import { defineProjection, type Projection } from '@eventmill/projections'
import { type SqlClient } from '@eventmill/projections-postgres'

export const accountEvents = defineEvents('https://example.com/account', {
  Deposited: event<{ cents: number }>(),
  Withdrawn: event<{ cents: number }>(),
  Closed: event(),
})

/** The balance of each account, event by event, with how many events it has seen. */
export function balances(version = 1, partitions = 1): Projection<SqlClient> {
  const table = `balances_${version}`
  const book = async (sql: SqlClient, account: string, cents: number) => {
    await sql.query(
      `insert into ${table} (account, cents, events) values ($1, $2, 1)
       on conflict (account) do update set cents = ${table}.cents + excluded.cents, events = ${table}.events + 1`,
      [account, cents],
    )
  }
  return defineProjection({
    name: 'balances',
    version,
    partitions,
    events: accountEvents,
    create: async (sql: SqlClient) => {
      await sql.query(
        `create table ${table} (account text primary key, cents bigint not null, events bigint not null)`,
      )
    },
    serve: async (sql) => {
      await sql.query(`create or replace view balances as select * from ${table}`)
    },
    drop: async (sql) => {
      await sql.query(`drop table ${table}`)
    },
    handle: {
      Deposited: ({ aggregateId, data }, sql) => book(sql, aggregateId, data.cents),
      Withdrawn: ({ aggregateId, data }, sql) => book(sql, aggregateId, -data.cents),
    },
  })
}

/** All that went in and out, in batches, and a list of the events that were counted. */
export const turnover: Projection<SqlClient> = defineProjection({
  name: 'turnover',
  version: 1,
  events: accountEvents,
  create: async (sql: SqlClient) => {
    await sql.query(
      `create table turnover (type text primary key, cents bigint not null, events bigint not null)`,
    )
    await sql.query('create table turnover_seen (position bigint primary key)')
  },
  handleBatch: async (events, sql) => {
    // What is there already cannot be inserted again.
    await sql.query('insert into turnover_seen select * from unnest($1::bigint[])', [
      events.map(({ position }) => position),
    ])
    const booked = events.flatMap(({ type, data }) => ('cents' in data ? [{ type, cents: data.cents }] : []))
    await sql.query(
      `insert into turnover (type, cents, events)
       select type, sum(cents), count(*) from unnest($1::text[], $2::bigint[]) as event (type, cents) group by type
       on conflict (type) do update
       set cents = turnover.cents + excluded.cents, events = turnover.events + excluded.events`,
      [booked.map(({ type }) => type), booked.map(({ cents }) => cents)],
    )
  },
})

/** What the read models must hold, folded from the log itself. */
export async function folded(store: EventStore): Promise<ReadModels> {
  const accounts = new Map<string, Sum>()
  const types = new Map<string, Sum>()
  const add = (sums: Map<string, Sum>, key: string, cents: number) => {
    const { cents: before, events } = sums.get(key) ?? { cents: 0, events: 0 }
    sums.set(key, { cents: before + cents, events: events + 1 })
  }
  for await (const { type, aggregateId, data } of store.readAll()) {
    if (type === 'Closed') continue
    const { cents } = data as { readonly cents: number }
    add(accounts, aggregateId, type === 'Deposited' ? cents : -cents)
    add(types, type, cents)
  }
  return { balances: sorted(accounts), turnover: sorted(types) }
}

/** What the read models hold. */
export async function readModels(sql: SqlClient): Promise<ReadModels> {
  return { balances: await readBalances(sql), turnover: await readSums(sql, 'turnover', 'type') }
}

export function readBalances(sql: SqlClient): Promise<Sums> {
  return readSums(sql, 'balances', 'account')
}

async function readSums(sql: SqlClient, table: string, key: string): Promise<Sums> {
  const { rows } = await sql.query(`select ${key} as key, cents::float8, events::float8 from ${table}`)
  const found = rows as readonly (Sum & { readonly key: string })[]
  return sorted(new Map(found.map(({ key, cents, events }) => [key, { cents, events }])))
}

export interface ReadModels {
  /** By account. */
  readonly balances: Sums
  /** By type. */
  readonly turnover: Sums
}

interface Sum {
  readonly cents: number
  readonly events: number
}

type Sums = readonly (readonly [key: string, sum: Sum])[]

function sorted(sums: ReadonlyMap<string, Sum>): Sums {
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Appends some events of all kinds to one of 20 accounts. Resolves to the position of the last one. */
export async function book(store: EventStore, number: number): Promise<number> {
  const stream = { aggregateType: 'Account', aggregateId: `DE${number % 20}` }
  const events: NewEvent[] = [
    accountEvents.Deposited({ cents: number }),
    accountEvents.Withdrawn({ cents: 1 }),
  ]
  if (number % 10 === 0) events.push(accountEvents.Closed())
  const { events: stored } = await store.append([{ stream, expected: 'any', events }])
  return stored.at(-1)?.position ?? 0
}

import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { Core, defineAggregate, type EventStore } from '@eventmill/core'
import { defineProjection, type Projection } from '@eventmill/projections'
import { inline, type SqlClient } from '@eventmill/projections-postgres'
import { InMemoryStore } from '@eventmill/store-memory'
import { PostgresStore } from '@eventmill/store-postgres'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'
import { accountEvents } from './accounts.ts'

let server: PostgresServer
let pglite: PGlite
beforeAll(async () => {
  ;[server, pglite] = await Promise.all([startPostgres(), PGlite.create()])
}, 60_000)
afterAll(async () => {
  await pglite.close()
  await server.stop()
})

const Account = defineAggregate({
  type: 'Account',
  events: accountEvents,
  initialize: (_id: string) => 0,
  apply: {
    Deposited: (balance, { data }) => balance + data.cents,
    Withdrawn: (balance, { data }) => balance - data.cents,
    Closed: (balance) => balance,
  },
  handle: {
    Deposit: (_balance, cents: number) => accountEvents.Deposited({ cents }),
    Close: () => accountEvents.Closed(),
  },
})

/** The balance of each account. The database itself refuses an overdraft. */
const balances: Projection<SqlClient> = defineProjection({
  name: 'balances',
  version: 1,
  events: accountEvents,
  handle: {
    Deposited: async ({ aggregateId, data }, sql: SqlClient) => {
      await sql.query(
        `insert into inline_balances values ($1, $2)
         on conflict (account) do update set cents = inline_balances.cents + excluded.cents`,
        [aggregateId, data.cents],
      )
    },
    Withdrawn: async ({ aggregateId, data }, sql) => {
      await sql.query('update inline_balances set cents = cents - $2 where account = $1', [
        aggregateId,
        data.cents,
      ])
    },
  },
})

let schemas = 0

describe.each(['a server', 'a PGlite'])('an inline projection on %s', (kind) => {
  let client: (pg.Pool | PGlite) & SqlClient
  let plain: PostgresStore
  let store: EventStore
  beforeEach(async () => {
    client = kind === 'a server' ? server.pool({ max: 5 }) : pglite
    plain = new PostgresStore({ client, schema: `inline ${++schemas}` })
    await plain.migrate()
    await client.query('drop table if exists inline_balances')
    await client.query(
      'create table inline_balances (account text primary key, cents bigint check (cents >= 0))',
    )
    store = inline(plain, { client, projections: [balances] })
  })

  const read = async (): Promise<readonly unknown[]> => {
    const { rows } = await client.query('select account, cents::int from inline_balances order by account')
    return rows
  }

  test('has what a command has stored at once', async () => {
    const core = new Core(store)
    await core.dispatchCommand(Account.commands.Deposit('DE1', 5))
    await core.dispatchCommand(Account.commands.Close('DE1'))
    expect(await read()).toEqual([{ account: 'DE1', cents: 5 }])
    expect(await core.load(Account, 'DE1')).toMatchObject({ generation: 2, state: 5 })
  })

  test('that fails keeps the append from being stored, and passes its error on', async () => {
    const core = new Core(store)
    await core.dispatchCommand(Account.commands.Deposit('DE1', 5))
    await expect(core.dispatchCommand(Account.commands.Deposit('DE1', -6))).rejects.toMatchObject({
      code: '23514',
    })
    expect(await core.load(Account, 'DE1')).toMatchObject({ generation: 1, state: 5 })
    expect(await read()).toEqual([{ account: 'DE1', cents: 5 }])
  })

  test('that goes on after a statement has failed keeps the append from being stored as well', async () => {
    const careless = defineProjection({
      name: 'careless',
      version: 1,
      events: accountEvents,
      handle: { Deposited: (_event, sql: SqlClient) => sql.query('select 1 / 0').catch(() => undefined) },
    })
    const core = new Core(inline(plain, { client, projections: [careless] }))
    await expect(core.dispatchCommand(Account.commands.Deposit('DE1', 5))).rejects.toThrow()
    expect(await core.load(Account, 'DE1')).toMatchObject({ generation: 0 })
  })

  test('counts a repeated command once', async () => {
    const core = new Core(store)
    const deposit = () => core.dispatchCommand(Account.commands.Deposit('DE1', 5, { commandId: 'once' }))
    expect(await deposit()).toEqual(await deposit())
    expect(await read()).toEqual([{ account: 'DE1', cents: 5 }])
  })

  test('counts every one of racing commands', async () => {
    const cores = Array.from({ length: 4 }, () => new Core(store))
    await Promise.all(
      cores.flatMap((core) =>
        ['DE1', 'DE2'].map((id) => core.dispatchCommand(Account.commands.Deposit(id, 5))),
      ),
    )
    expect(await read()).toEqual([
      { account: 'DE1', cents: 20 },
      { account: 'DE2', cents: 20 },
    ])
  })
})

describe('an append whose answer is lost', () => {
  /** A store whose connection is lost with the answer to a commit, so often. */
  async function losing(times: number, onLoss?: () => void) {
    const pool = server.pool({ max: 5 })
    const plain = new PostgresStore({ client: pool, schema: `inline ${++schemas}` })
    await plain.migrate()
    await pool.query('drop table if exists inline_balances')
    await pool.query('create table inline_balances (account text primary key, cents bigint)')
    let losses = times
    const lossy = {
      totalCount: 0,
      on: () => undefined,
      listenerCount: () => 1,
      connect: async () => {
        const client = await pool.connect()
        const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
        Object.assign(client, {
          query: async (...args: unknown[]) => {
            const answer = await query(...args)
            if (args[0] !== 'commit' || losses-- <= 0) return answer
            onLoss?.()
            throw new Error('Connection terminated unexpectedly')
          },
        })
        return client
      },
    }
    const store = inline(plain, { client: lossy, projections: [balances] })
    return {
      pool,
      store,
      append: { stream: Account.stream('DE1'), expected: 0, events: [accountEvents.Deposited({ cents: 5 })] },
    }
  }
  const booked = [{ account: 'DE1', cents: 5 }]

  test('is sent again, and counts once', async () => {
    const { pool, store, append } = await losing(2)
    expect(await store.append([append])).toMatchObject({ repeated: false, generations: [1] })
    expect((await pool.query('select account, cents::int from inline_balances')).rows).toEqual(booked)
  })

  test('and that is given up can be repeated by its commit id', async () => {
    const controller = new AbortController()
    const { pool, store, append } = await losing(1, () => {
      controller.abort()
    })
    const appended = store.append([append], { commitId: 'once', signal: controller.signal })
    await expect(appended).rejects.toMatchObject({ code: 'APPEND_OUTCOME_UNKNOWN', commitId: 'once' })
    expect(await store.append([append], { commitId: 'once' })).toMatchObject({ repeated: true })
    expect((await pool.query('select account, cents::int from inline_balances')).rows).toEqual(booked)
  })
})

test('only a store that knows transactions can be projected inline', () => {
  const create = () => inline(new InMemoryStore() as never, { client: pglite, projections: [balances] })
  expect(create).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'store' }))
})

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type DomainEvent, type StreamAppend, type StreamId } from '@eventmill/core'
import { checkAppend } from '@eventmill/core/adapter'
import { PostgresStore } from '@eventmill/store-postgres'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { appendOf } from '../src/appending/appends.ts'
import { PoolDatabase } from '../src/database/pool-database.ts'
import { EventLog } from '../src/event-log.ts'
import { EventTypes } from '../src/event-types.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

test('what docs/postgres.md says in SQL runs, with the privileges that it grants and no others', async () => {
  const guide = readFileSync(new URL('../../../docs/postgres.md', import.meta.url), 'utf8')
  const blocks = [...guide.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql)
  expect(blocks).toHaveLength(5)
  const [grants = '', , ...queries] = blocks
  const owner = server.pool({ max: 2 })
  await owner.query(
    `drop schema if exists eventmill cascade; drop role if exists app; create role app login password 'app'`,
  )
  await new PostgresStore({ client: owner }).migrate()

  const client = server.pool({ max: 4, user: 'app', password: 'app' })
  const store = new PostgresStore({ client })
  const append = () => store.append([deposited('DE1')], { commitId: 'once' })
  await expect(append()).rejects.toMatchObject({ code: 'STORE_REFUSED', sqlState: '42501' })
  await owner.query(grants)
  expect((await append()).repeated).toBe(false)
  expect((await append()).repeated).toBe(true)
  await store.waitForAppend(0, new AbortController().signal)

  const answers: unknown[] = []
  for (const statement of queries.join('\n').split(';')) {
    if (statement.replace(/--.*/g, '').trim() === '') continue
    answers.push((await client.query<{ [key: string]: unknown }>(statement)).rows[0])
  }
  expect(answers).toEqual([
    { head: '1', max: '1' },
    undefined,
    { pg_size_pretty: expect.stringMatching(/kB$/) },
    expect.objectContaining({ type: 'Deposited', cents: '5' }),
    { horizon: '1' },
    undefined,
  ])

  // The store does all that it can.
  const both = () => store.append([deposited('DE1'), deposited('DE2')], { commitId: 'of both' })
  expect([await both(), await both()]).toMatchObject([{ repeated: false }, { repeated: true }])
  expect(await store.findCommit(stream('DE1'), 'of both')).toMatchObject({ repeated: true })
  await Promise.all(['DE1', 'DE1', 'DE2', 'DE3', 'DE4'].map((account) => store.append([deposited(account)])))
  const transaction = await client.connect()
  await transaction.query('begin')
  await store.within(transaction).append([deposited('DE1')])
  expect((await store.health()).horizon).toMatchObject({ position: 8 })
  await transaction.query('commit')
  transaction.release()
  await appendAgain(client)
  await expectStored(store, 10)
  const snapshot = { version: 1, eventId: randomUUID(), state: { cents: 5 } }
  await store.snapshots.save(stream('DE1'), { ...snapshot, generation: 1 })
  await store.snapshots.save(stream('DE1'), { ...snapshot, generation: 2 })
  expect(await store.snapshots.load(stream('DE1'), 1)).toMatchObject({ generation: 2 })
  await store.snapshots.delete(stream('DE1'))
  const pushed = store.waitForAppend(10, AbortSignal.timeout(10_000))
  await store.append([deposited('DE1')])
  await pushed

  // Whoever has its password changes none of what is stored.
  for (const statement of FORBIDDEN) {
    const tried: unknown = await client.query(statement).catch((error: unknown) => error)
    expect([statement, tried]).toEqual([statement, expect.objectContaining({ code: '42501' })])
  }
  await expect(client.query('update eventmill.streams set held = true')).rejects.toMatchObject({
    code: '23514',
  })
  await expectStored(store, 11)
  await store.close()
  await owner.query('drop schema eventmill cascade; drop role app')
}, 30_000)

const FORBIDDEN = [
  `update eventmill.streams set aggregate_id = 'hijacked' where aggregate_id = 'DE1'`,
  `update eventmill.streams set aggregate_type = 'Hijacked'`,
  'update eventmill.streams set stream = stream + 100',
  'delete from eventmill.streams',
  `update eventmill.events set data = '{}'`,
  'update eventmill.events set sequence = sequence + 100',
  'update eventmill.events set position = position + 100',
  'select from eventmill.events for update',
  'delete from eventmill.events',
  `update eventmill.types set name = 'Withdrawn'`,
  'delete from eventmill.types',
  `update eventmill.commits set parts = '[]'`,
  'delete from eventmill.commits',
  `update eventmill.resends set identity = 'another'`,
  'update eventmill.snapshots set stream = 100',
  'update eventmill.migrations set version = 100',
  'delete from eventmill.migrations',
  `select setval('eventmill.positions', 1)`,
  'alter sequence eventmill.positions restart',
  'truncate eventmill.events',
  'drop table eventmill.events',
  'alter table eventmill.events add column more text',
  'create table eventmill.more (id text)',
  'create or replace function eventmill.last_position() returns bigint language sql as $$ select 0::bigint $$',
]

function stream(aggregateId: string): StreamId {
  return { aggregateType: 'Account', aggregateId }
}

function deposited(account: string): StreamAppend {
  const deposit = { source: 'https://example.com/account', type: 'Deposited', version: 1, data: { cents: 5 } }
  return { stream: stream(account), expected: 'any', events: [deposit] }
}

/** As after an answer was lost. */
async function appendAgain(client: pg.Pool): Promise<void> {
  const database = new PoolDatabase(client, true, { operation: 5_000, statement: 5_000 })
  const types = new EventTypes(database, '"eventmill"')
  const work = { ...appendOf(checkAppend([deposited('DE1')]), undefined), sent: true }
  const sending = { wait: false, patience: 100 }
  await new EventLog(database, '"eventmill"', types).append([work], await types.keysOf(work.events), sending)
  // What a day has gone by since is deleted the next time.
  const { rows } = await client.query(
    `update eventmill.resends set time = now() - interval '2 days' returning 1`,
  )
  expect(rows).toHaveLength(1)
  await new EventLog(database, '"eventmill"', types).append([work], await types.keysOf(work.events), sending)
  expect((await client.query('select from eventmill.resends')).rows).toHaveLength(0)
}

/** The log has so many events, and the streams have them as well. */
async function expectStored(store: PostgresStore, events: number): Promise<void> {
  const log: DomainEvent[] = []
  for await (const event of store.readAll()) log.push(event)
  expect(log).toHaveLength(events)
  for (const account of ['DE1', 'DE2', 'DE3', 'DE4']) {
    const read: DomainEvent[] = []
    for await (const event of store.readStream(stream(account))) read.push(event)
    expect(read).toEqual(log.filter(({ aggregateId }) => aggregateId === account))
  }
}

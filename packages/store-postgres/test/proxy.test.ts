import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from './postgres-server.ts'
import { type PostgresProxy, startProxy } from './proxy.ts'

const SCHEMA = `"the 'proxy'"`
const APPLICATION = 'behind the proxy'

let server: PostgresServer
/** Past the proxy. */
let direct: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  direct = server.pool()
}, 60_000)
afterAll(() => server.stop(), 60_000)

let proxy: PostgresProxy
let pool: pg.Pool
beforeEach(async () => {
  await direct.query(`
    create schema ${SCHEMA};
    create table ${SCHEMA}.stored (what text);
    create unique index on ${SCHEMA}.stored (md5(what));
    create function ${SCHEMA}.append(what text) returns integer language sql
      as $$ insert into ${SCHEMA}.stored values (what); select 1 $$`)
  proxy = await startProxy(server)
  pool = server.pool({ host: '127.0.0.1', port: proxy.port, max: 4, application_name: APPLICATION })
})
afterEach(async () => {
  await proxy.close()
  await pool.end()
  await direct.query(`drop schema ${SCHEMA} cascade`)
})

describe.each([
  ['prepared by name', { name: 'append' }],
  ['unnamed', {}],
])('an append that is %s', (_, named) => {
  const append = (what: string) =>
    pool.query({ ...named, text: `select ${SCHEMA}.append($1)`, values: [what] })

  test('passes, and so does all else', async () => {
    expect((await append('a')).rowCount).toBe(1)
    const long = 'long'.repeat(2 ** 18)
    await append(long)
    expect(await read()).toEqual(['a', long])
    await expect(append('a')).rejects.toMatchObject({ code: '23505' })
    await append('b')
    expect(await read()).toEqual(['a', 'b', long])
  })

  test('never arrives where it is cut before', async () => {
    await append('a')
    proxy.appends.cut('before', 1)
    expect(await read()).toEqual(['a'])
    await expectLost(append('b'))
    await append('c')
    expect(await stored()).toEqual(['a', 'c'])
  })

  test('is cut during, and then stored or not', async () => {
    await append('a')
    proxy.appends.cut('during', 2)
    await expectLost(append('b'))
    await theLostAreOver()
    await expectLost(append('c'))
    await theLostAreOver()
    await append('d')
    expect(await stored()).toEqual(['a', 'b', 'd'])
  })

  test('is stored where it is cut after', async () => {
    await append('a')
    proxy.appends.cut('after', 1)
    await expectLost(append('b'))
    expect(await stored()).toEqual(['a', 'b'])
    await append('c')
    expect(await stored()).toEqual(['a', 'b', 'c'])
  })

  test.each(['before', 'during', 'after'] as const)('is cut %s for ever, until it is not', async (when) => {
    proxy.appends.cut(when, Infinity)
    for (const what of ['a', 'b', 'c', 'd']) await expectLost(append(what))
    proxy.appends.cut(when, 0)
    await theLostAreOver()
    await append('e')
    expect((await stored()).at(-1)).toBe('e')
  })

  test('is held up while reads and other appends are not', async () => {
    await append('a')
    const hold = proxy.appends.holdUp()
    const held = append('b')
    await hold.reached
    await append('c')
    expect(await read()).toEqual(['a', 'c'])
    await hold.release()
    expect(await stored()).toEqual(['a', 'b', 'c'])
    expect((await held).rowCount).toBe(1)
    await hold.release()
  })

  test('is not held up by what was released before', async () => {
    const [hold, late] = [proxy.appends.holdUp(), proxy.appends.deliverLate()]
    await Promise.all([hold.release(), late.release()])
    await append('a')
    expect(await stored()).toEqual(['a'])
  })

  test('arrives though the client has gone while it was held up', async () => {
    const client = await connected()
    const hold = proxy.appends.holdUp()
    const held = client.query({ ...named, text: `select ${SCHEMA}.append($1)`, values: ['a'] })
    await hold.reached
    const lost = expectLost(held)
    client.release(true)
    await lost
    expect(await stored()).toEqual([])
    await hold.release()
    expect(await stored()).toEqual(['a'])
  })

  test('is lost, and delivered late', async () => {
    await append('a')
    const late = proxy.appends.deliverLate()
    await expectLost(append('b'))
    await late.reached
    await append('c')
    expect(await stored()).toEqual(['a', 'c'])
    await late.release()
    expect(await stored()).toEqual(['a', 'b', 'c'])
  })

  test('is one of several in flight, each of which meets its own fate', async () => {
    const [first, second] = [proxy.appends.holdUp(), proxy.appends.deliverLate()]
    const held = append('a')
    await first.reached
    const lost = expectLost(append('b'))
    await second.reached
    proxy.appends.cut('after', 1)
    await Promise.all([lost, expectLost(append('c')), second.release()])
    expect(await stored()).toEqual(['b', 'c'])
    await append('d')
    await first.release()
    await held
    expect(await stored()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('is never delivered after a crash', async () => {
    const [first, second] = [proxy.appends.holdUp(), proxy.appends.deliverLate()]
    const lost = expectLost(append('a'))
    await first.reached
    await expectLost(append('b'))
    await proxy.close()
    await lost
    await Promise.all([first.release(), second.release()])
    await expect(append('c')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(read()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(await stored()).toEqual([])
  })

  test('goes on when the faults end', async () => {
    const late = proxy.appends.deliverLate()
    await expectLost(append('a'))
    const hold = proxy.appends.holdUp()
    const held = append('b')
    await hold.reached
    proxy.appends.cut('before', Infinity)
    await proxy.appends.end()
    await Promise.all([held, late.release()])
    await append('c')
    expect(await stored()).toEqual(['a', 'b', 'c'])
  })
})

test('an append of the simple protocol meets its fate as well', async () => {
  proxy.appends.cut('before', 1)
  await expectLost(pool.query(`select ${SCHEMA}.append('a')`))
  await pool.query(`select ${SCHEMA}.append('b')`)
  expect(await stored()).toEqual(['b'])
})

test('a client is told why the server ends its connection', async () => {
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
  const sleeping = pool.query('select pg_sleep(60)')
  await direct.query('select pg_terminate_backend($1)', [rows[0]?.pid])
  await expect(sleeping).rejects.toMatchObject({ code: '57P01' })
})

function read(): Promise<readonly string[]> {
  return storedIn(pool)
}

function stored(): Promise<readonly string[]> {
  return storedIn(direct)
}

async function storedIn(pool: pg.Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ what: string }>(`select what from ${SCHEMA}.stored order by what`)
  return rows.map(({ what }) => what)
}

/** Waits until the server has nothing left to do for clients that are gone. */
async function theLostAreOver(): Promise<void> {
  for (;;) {
    const { rowCount } = await direct.query('select from pg_stat_activity where application_name = $1', [
      APPLICATION,
    ])
    if (rowCount === pool.totalCount) return
  }
}

async function connected(): Promise<pg.PoolClient> {
  const client = await pool.connect()
  client.on('error', () => undefined)
  return client
}

async function expectLost(appending: Promise<unknown>): Promise<void> {
  await expect(appending).rejects.toThrow(/Connection terminated|ECONNRESET/)
}

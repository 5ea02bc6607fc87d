import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type StreamAppend } from '@eventmill/core'
import type pg from 'pg'
import { postgresFixture, type PostgresFixture } from './postgres-fixture.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

const SCHEMA = `the "fixture" of 'many'`

let server: PostgresServer
let pool: pg.Pool
beforeAll(async () => {
  server = await startPostgres()
  pool = server.pool({ max: 1 })
}, 60_000)
afterAll(() => server.stop(), 60_000)

describe('the fixture on a server', () => {
  test('stalls one append of one handle before its commit', async () => {
    await withFixture(async (fixture) => {
      const [store, other] = await Promise.all([fixture.connect(), fixture.connect()])
      const hold = await fixture.stall(store)
      const stalled = store.append([to('stalled')])
      await hold.reached
      await Promise.all([other.append([to('a')]), store.append([to('b')])])
      expect(await storedIn(fixture)).toEqual(['a', 'b'])
      await hold.release()
      expect(await storedIn(fixture)).toEqual(['a', 'b', 'stalled'])
      await stalled
    })
  })

  test('stalls nothing once it was released, whatever came meanwhile', async () => {
    await withFixture(async (fixture) => {
      const store = await fixture.connect()
      for (let n = 0; n < 20; n++) {
        const hold = await fixture.stall(store)
        await Promise.all([store.append([to(`${n}`)]), hold.release()])
        await store.append([to(`${n} again`)])
      }
    })
  })

  test('sets the clock, and sets it back', async () => {
    await withFixture(async (fixture) => {
      const store = await fixture.connect()
      await store.append([to('now')])
      for (const time of [2_000_000_000_001, 1]) {
        await fixture.setClock(time)
        const { events } = await store.append([to(`${time}`)])
        expect(events.map((event) => Date.parse(event.time))).toEqual([time])
      }
    })
  })

  test('leaves nothing behind, whatever was left undone', async () => {
    const left: Promise<unknown>[] = []
    await withFixture(async (fixture) => {
      const [stalled, held, late, crashed, cut] = await Promise.all([
        fixture.connect(),
        fixture.connect(),
        fixture.connect(),
        fixture.connect(),
        fixture.connect(),
      ])
      const holds = [
        await fixture.stall(stalled),
        await fixture.faults.holdUp(held),
        await fixture.faults.deliverLate(late),
      ]
      await fixture.faults.cut(cut, 'before', Infinity)
      const stores = [stalled, held, late, crashed, cut]
      left.push(...stores.map((store, n) => store.append([to(`left ${n}`)]).catch(() => undefined)))
      await Promise.all(holds.map((hold) => hold.reached))
      await fixture.faults.crash(crashed)
      await fixture.openBystander()
    })
    await Promise.all(left)
  })
})

/** Runs it with a fixture, and expects that afterwards all is as before. */
async function withFixture(run: (fixture: PostgresFixture) => Promise<void>): Promise<void> {
  const fixture = await postgresFixture(server, SCHEMA)
  try {
    await run(fixture)
  } finally {
    await fixture.dispose()
  }
  const { rows: schemas } = await pool.query('select from pg_namespace where nspname = $1', [SCHEMA])
  expect(schemas).toHaveLength(0)
  await connectionsAreGone()
}

/** A server notices some time later that a connection has ended. */
async function connectionsAreGone(): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity
       where starts_with(application_name, $1)`,
      [SCHEMA],
    )
    if (rowCount === 0) return
  }
}

function to(id: string): StreamAppend {
  const event = { source: 'urn:x:test', type: 'Tested', version: 1, data: {} }
  return { stream: { aggregateType: 'Test', aggregateId: id }, expected: 'any', events: [event] }
}

async function storedIn(fixture: PostgresFixture): Promise<readonly string[]> {
  const events = await fixture.rawEvents()
  return events.map(({ aggregateId }) => aggregateId).sort()
}

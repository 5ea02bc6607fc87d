import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { pause } from '@eventmill/core/adapter'
import { type Happening, type Projection, Projections } from '@eventmill/projections'
import { PostgresProjectionStore, type SqlClient } from '@eventmill/projections-postgres'
import { PostgresStore } from '@eventmill/store-postgres'
import type pg from 'pg'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'
import { balances, book, folded, readBalances, readModels, turnover } from './accounts.ts'

let server: PostgresServer
let pool: pg.Pool
let store: PostgresStore
let readSide: PostgresProjectionStore
const running: Projections<SqlClient>[] = []

beforeEach(async () => {
  server = await startPostgres()
  pool = server.pool({ max: 10 })
  store = new PostgresStore({ client: pool })
  readSide = new PostgresProjectionStore({ client: pool })
  await store.migrate()
  await readSide.migrate()
}, 60_000)

afterEach(async () => {
  await Promise.all(running.splice(0).map((projections) => projections.stop()))
  await store.close()
  await server.stop()
}, 60_000)

async function start(
  projections: readonly Projection<SqlClient>[],
  onHappening?: (happening: Happening) => void,
): Promise<Projections<SqlClient>> {
  const started = new Projections(store, {
    into: readSide,
    projections,
    lease: 300,
    batchSize: 50,
    onHappening,
  })
  running.push(started)
  await started.start()
  return started
}

describe('a new version', () => {
  test('is built while events keep coming, and the old one serves until it has caught up', async () => {
    const first = balances(1)
    const second = balances(2, 2)
    const old = await start([first, turnover])
    for (let number = 1; number <= 300; number++) await book(store, number)
    const appending = new AbortController()
    const appended = (async () => {
      let position = 0
      for (let number = 301; !appending.signal.aborted; number++) {
        position = await book(store, number)
        await pause(2, appending.signal).catch(() => undefined)
      }
      return position
    })()
    // Whoever reads the view meanwhile sees it grow, and never shrink: no switch goes back in time.
    const seen: number[] = []
    const reading = (async () => {
      while (!appending.signal.aborted) {
        const { rows } = await pool.query<{ events: number }>(
          'select coalesce(sum(events), 0)::float8 as events from balances',
        )
        seen.push(rows[0]?.events ?? NaN)
      }
    })()
    const served = new Promise<void>((resolve) => {
      void start([first, second], ({ happened }) => {
        if (happened === 'serving') resolve()
      })
    })
    await served
    expect(await old.serving('balances')).toBe(2)
    const switched = seen.at(-1) ?? 0
    while ((seen.at(-1) ?? 0) < switched + 50) await pause(5, undefined)
    appending.abort()
    const position = await appended
    await reading
    await Promise.all([
      old.waitFor(first, position),
      old.waitFor(turnover, position),
      old.waitFor(second, position),
    ])
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen[0]).toBeGreaterThan(0)
    expect(await readModels(pool)).toEqual(await folded(store))
  }, 60_000)

  test('goes on where it was when it is stopped and started again', async () => {
    for (let number = 1; number <= 100; number++) await book(store, number)
    const handled: number[] = []
    const watched: Projection<SqlClient> = {
      ...balances(1),
      project: async (events, sql) => {
        await balances(1).project(events, sql)
        handled.push(...events.map(({ position }) => position))
        if (handled.length === 100) void projections.stop()
      },
    }
    const projections = await start([watched])
    await projections.finished()
    const again = await start([watched])
    await again.waitFor(watched, await store.head())
    expect(handled).toEqual([...new Set(handled)])
    expect(await readBalances(pool)).toEqual((await folded(store)).balances)
  }, 60_000)

  test('can be dropped with all it has made while it is built', async () => {
    await book(store, 1)
    const first = balances(1)
    const second = { ...balances(2), project: () => Promise.reject(new Error('not yet')) }
    const projections = await start([first, second])
    await projections.waitFor(first, await store.head())
    await projections.drop(second)
    const { rows } = await pool.query(
      `select to_regclass('balances_1') as one, to_regclass('balances_2') as two`,
    )
    expect(rows).toEqual([{ one: 'balances_1', two: null }])
  }, 60_000)
})

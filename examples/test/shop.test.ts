import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type EventStore } from '@eventmill/core'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type ReadModels } from '../src/shop/read-models.ts'
import { run } from '../src/shop/shop.ts'
import { withReadModels } from '../src/shop/with-read-models.ts'
import { type Database, withStore } from '../src/stores/with-store.ts'

describe.each(['memory', 'pglite', 'postgres'] as const)('on %s', (name) => {
  let shop: Outcome
  beforeAll(async () => {
    shop = await withStore(name, ({ store, database }) =>
      withReadModels(database, (readModels) => outcomeOf(store, database, readModels)),
    )
  }, 60_000)

  test('the read models of the shop are what the log says', () => {
    const { open, stock, kept, ordered } = shop.past.at(-1) ?? {}
    expect(shop.readModels).toEqual({ openOrders: open, stockLeft: stock, revenuePerDay: kept })
    expect(kept).not.toEqual(ordered)
  })

  test('version 1 of the revenue serves until version 2 is complete', () => {
    expect(isSwitchedOnce(shop.seen, shop.past)).toBe(true)
  })

  test('nothing is left of version 1 at the end', () => {
    expect(shop.versions).toEqual([2])
    expect(shop.tables).toEqual(name === 'memory' ? [] : ['open_orders', 'revenue_per_day_2', 'stock'])
  })

  test('the shop tells the same', () => {
    expect(shop.lines).toEqual([
      'Twelve orders',
      '  open orders  6',
      '  stock left   tea 94, kettle 94, cup 94',
      '  revenue      404.00 €, as version 1 counts it, which serves',
      '\nA second version of the revenue, without what was cancelled, is built while twelve more come',
      '  version 2 serves from now on',
      '  whoever asked meanwhile was served by version 1, then by version 2',
      '\nBoth versions go on, and by now know the same orders',
      '  open orders  12',
      '  stock left   tea 88, kettle 88, cup 88',
      '  revenue      606.00 €, as version 2 counts it, which serves',
      '  version 1 counts 808.00 €, version 2 606.00 €: 202.00 € were cancelled',
      '  open orders, version 1: live, at 171 of 171',
      '  stock, version 1: live, at 171 of 171',
      '  revenue per day, version 1: live, at 171 of 171',
      '  revenue per day, version 2: live, at 171 of 171',
      '  version 1 of revenue per day is dropped',
    ])
  })
})

/** What a run of the shop has printed and left, and what was looked up meanwhile. */
interface Outcome {
  readonly lines: readonly string[]
  readonly past: readonly Moment[]
  /** How the revenue changed, looked up again and again while version 2 was built, and what it was then. */
  readonly seen: readonly ReadonlyMap<string, number>[]
  readonly readModels: { readonly [name: string]: ReadonlyMap<string, number> }
  /** Those of the revenue that there are. */
  readonly versions: readonly number[]
  /** Those that the shop itself has made. */
  readonly tables: readonly string[]
}

async function outcomeOf<Target>(
  store: EventStore,
  database: Database | undefined,
  readModels: ReadModels<Target>,
): Promise<Outcome> {
  const lines: string[] = []
  const seen: ReadonlyMap<string, number>[] = []
  let building = true
  let looking: Promise<void> | undefined
  const look = async () => {
    while (building) {
      const revenue = await readModels.revenuePerDay()
      if (!isDeepStrictEqual(revenue, seen.at(-1))) seen.push(revenue)
      await setImmediate()
    }
    seen.push(await readModels.revenuePerDay())
  }
  try {
    await run(store, readModels, (line) => {
      lines.push(line)
      if (line.includes('A second version of the revenue')) looking = look()
      if (line.includes('version 2 serves from now on')) building = false
    })
  } finally {
    building = false
    await looking
  }
  const states = await readModels.into.states(['revenue per day'])
  return {
    lines,
    past: await pastOf(store),
    seen,
    readModels: {
      openOrders: await readModels.openOrders(),
      stockLeft: await readModels.stockLeft(),
      revenuePerDay: await readModels.revenuePerDay(),
    },
    versions: states.map(({ version }) => version),
    tables: database === undefined ? [] : await tablesOf(database),
  }
}

/** What the log itself says after some of its events. */
interface Moment {
  readonly open: ReadonlyMap<string, number>
  readonly stock: ReadonlyMap<string, number>
  /** Cents of each day: of all orders, and of those that are not cancelled. */
  readonly ordered: ReadonlyMap<string, number>
  readonly kept: ReadonlyMap<string, number>
  readonly orders: number
}

/** A moment after each event of the log. */
async function pastOf(store: EventStore): Promise<readonly Moment[]> {
  const orders = new Map<string, { readonly day: string; readonly cents: number; state: string }>()
  const stock = new Map<string, number>()
  const moments: Moment[] = []
  for await (const { aggregateType, aggregateId, type, time, data } of store.readAll()) {
    const {
      lines = [],
      product = '',
      units = 0,
    } = data as Partial<{
      lines: { units: number; cents: number }[]
      product: string
      units: number
    }>
    if (aggregateType === 'Warehouse') add(stock, product, type === 'Taken' ? -units : units)
    if (aggregateType === 'Order') {
      const cents = lines.reduce((sum, line) => sum + line.units * line.cents, 0)
      orders.set(aggregateId, { day: time.slice(0, 10), cents, ...orders.get(aggregateId), state: type })
    }
    const all = [...orders.values()]
    const open = [...orders].filter(([, { state }]) => state === 'Placed')
    moments.push({
      open: new Map(open.map(([id, { cents }]) => [id, cents])),
      stock: new Map(stock),
      ordered: perDay(all),
      kept: perDay(all.filter(({ state }) => state !== 'Cancelled')),
      orders: all.length,
    })
  }
  return moments
}

function perDay(
  orders: readonly { readonly day: string; readonly cents: number }[],
): ReadonlyMap<string, number> {
  const days = new Map<string, number>()
  for (const { day, cents } of orders) add(days, day, cents)
  return days
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

/**
 * Whether these revenues, looked up one after the other, are what moments of the past say, none earlier than the one before:
 * the first ones as version 1 counts them, and all from some place on as version 2 does. They were looked up after twelve orders.
 */
function isSwitchedOnce(seen: readonly ReadonlyMap<string, number>[], past: readonly Moment[]): boolean {
  const first = past.findIndex(({ orders }) => orders === 12)
  return seen.some((_, switched) => {
    let at = first
    return (
      switched > 0 &&
      seen.every((revenue, index) => {
        const counted = index < switched ? 'ordered' : 'kept'
        at = past.findIndex((moment, when) => when >= at && isDeepStrictEqual(moment[counted], revenue))
        return at !== -1
      })
    )
  })
}

async function tablesOf({ client }: Database): Promise<readonly string[]> {
  const { rows } = await client.query(
    `select tablename::text as name from pg_tables
     where tablename ~ '^(open_orders|stock|revenue)' order by tablename`,
  )
  return (rows as readonly { readonly name: string }[]).map(({ name }) => name)
}

import { type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { beforeEach, expect, test } from '@jest/globals'
import { run } from '../src/shop/shop.ts'
import { withStore } from '../src/stores/with-store.ts'

const lines: string[] = []
beforeEach(() => {
  lines.length = 0
})
const print = (line: string) => lines.push(line)

/** What the log itself says of the orders: the cents of those that are not cancelled, and which are open. */
async function folded(store: EventStore) {
  const orders = new Map<string, { cents: number; state: string }>()
  for await (const { aggregateType, aggregateId, type, data } of store.readAll()) {
    if (aggregateType !== 'Order') continue
    const { lines = [] } = data as { readonly lines?: readonly { units: number; cents: number }[] }
    const cents = lines.reduce((sum, line) => sum + line.units * line.cents, 0)
    orders.set(aggregateId, { cents: orders.get(aggregateId)?.cents ?? cents, state: type })
  }
  const all = [...orders]
  const sum = (states: readonly string[]) =>
    all.filter(([, { state }]) => states.includes(state)).reduce((total, [, { cents }]) => total + cents, 0)
  return {
    open: all.filter(([, { state }]) => state === 'Placed').map(([id, { cents }]) => [id, cents]),
    ordered: sum(['Placed', 'Shipped', 'Cancelled']),
    kept: sum(['Placed', 'Shipped']),
  }
}

test('the read models of the shop are what the log says, in both versions', async () => {
  const store = new InMemoryStore()
  const models = await run(store, print)
  const { open, ordered, kept } = await folded(store)
  const total = (version: number) =>
    [...(models.revenue.get(version)?.values() ?? [])].reduce((a, b) => a + b, 0)
  expect([...models.openOrders]).toEqual(open)
  expect([total(1), total(2)]).toEqual([ordered, kept])
  expect(kept).toBeLessThan(ordered)
  expect(lines.join('\n')).toContain('version 2 serves from now on')
})

test.each(['pglite', 'postgres'] as const)(
  'the shop runs on %s as well',
  async (name) => {
    await withStore(name, (store) => run(store, print))
    expect(lines.filter((line) => line.includes(' at 159 of 159'))).toHaveLength(4)
    expect(lines.join('\n')).toContain('version 2 serves from now on')
  },
  60_000,
)

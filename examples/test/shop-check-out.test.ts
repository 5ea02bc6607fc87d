import { Core, type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { everySchedule } from '@eventmill/testing'
import { expect, test } from '@jest/globals'
import { Cart, Order, Warehouse } from '../src/shop/aggregates.ts'
import { Cancel, CheckOut } from '../src/shop/commands.ts'
import { type Line } from '../src/shop/events.ts'

const warehouse = 'Hamburg'
const tea: Line = { product: 'tea', units: 1, cents: 450 }
const adas = { cart: 'Ada', order: '1', warehouse }
const bens = { cart: 'Ben', order: '2', warehouse }

test.each([
  ['in one process', (store: EventStore) => new Array<Core>(2).fill(new Core(store))],
  ['in two processes', (store: EventStore) => [new Core(store), new Core(store, { cache: 10 })]],
])('of two customers who race for the last unit %s, one gets it', async (_where, coresOf) => {
  const store = await shopWithOneTea()
  const [one, other] = coresOf(store)
  const outcomes = await Promise.allSettled([
    one?.dispatchCommand(CheckOut(adas)),
    other?.dispatchCommand(CheckOut(bens)),
  ])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: new Error('1 of tea wanted, but only 0 left'),
  })
  expect(await stockOf(store)).toEqual({ left: 0, sold: 1, carts: 1 })
})

test('in every order in which two check-outs may ask the store, no unit is lost, and none sold twice', async () => {
  const { all } = await everySchedule({
    prepare: shopWithOneTea,
    commands: [adas, bens].map((one) => (store) => new Core(store).dispatchCommand(CheckOut(one))),
    check: async (store) => {
      expect(await stockOf(store)).toEqual({ left: 0, sold: 1, carts: 1 })
    },
  })
  expect(all).toBe(true)
})

test('while one customer cancels and another one checks out, no unit is lost, and none sold twice', async () => {
  const { all } = await everySchedule({
    prepare: async () => {
      const store = await shopWithOneTea()
      await new Core(store).dispatchCommand(CheckOut(adas))
      return store
    },
    commands: [
      (store) => new Core(store).dispatchCommand(Cancel({ order: '1', warehouse })),
      (store) => new Core(store).dispatchCommand(CheckOut(bens)),
    ],
    check: async (store, [cancelled, checkedOut]) => {
      expect(cancelled?.status).toBe('fulfilled')
      const isSold = checkedOut?.status === 'fulfilled'
      expect(await stockOf(store)).toEqual(
        isSold ? { left: 0, sold: 1, carts: 0 } : { left: 1, sold: 0, carts: 1 },
      )
    },
  })
  expect(all).toBe(true)
})

test('what is twice in a cart is taken twice, or not at all', async () => {
  const store = await shopWithOneTea()
  const core = new Core(store)
  await core.dispatchCommand(Cart.commands.Add('Ada', tea))
  const tooMuch = core.dispatchCommand(CheckOut(adas))
  await expect(tooMuch).rejects.toThrow('2 of tea wanted, but only 1 left')
  expect(await stockOf(store)).toEqual({ left: 1, sold: 0, carts: 2 })
  await core.dispatchCommand(Warehouse.commands.Receive(warehouse, { product: 'tea', units: 1 }))
  await core.dispatchCommand(CheckOut(adas))
  expect(await stockOf(store)).toEqual({ left: 0, sold: 2, carts: 1 })
})

/** One unit of tea is left, and both customers have one in their carts. */
async function shopWithOneTea(): Promise<EventStore> {
  const store = new InMemoryStore()
  const core = new Core(store)
  await core.dispatchCommand(Warehouse.commands.Receive(warehouse, { product: 'tea', units: 1 }))
  for (const { cart } of [adas, bens]) await core.dispatchCommand(Cart.commands.Add(cart, tea))
  return store
}

/** Units of tea in the warehouse, and in orders that are not cancelled; and how many carts are not empty. */
async function stockOf(store: EventStore) {
  const core = new Core(store)
  const orders = await Promise.all([adas, bens].map(({ order }) => core.load(Order, order)))
  const carts = await Promise.all([adas, bens].map(({ cart }) => core.load(Cart, cart)))
  return {
    left: (await core.load(Warehouse, warehouse)).state.tea,
    sold: orders
      .filter(({ state }) => state.status !== 'cancelled')
      .flatMap(({ state }) => state.lines)
      .reduce((sum, { units }) => sum + units, 0),
    carts: carts.filter(({ state }) => state.lines.length > 0).length,
  }
}

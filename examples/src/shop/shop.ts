import { Core, type EventStore } from '@eventmill/core'
import { InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { Cart, CheckOut, type Line, Order, Stock } from './aggregates.ts'
import { openOrders, ReadModels, revenuePerDay, stock } from './read-models.ts'

const PRODUCTS = { tea: 450, kettle: 3_900, cup: 700 }

/** Sells for a while; meanwhile a read model is rebuilt to its second version, and the first one serves until it is done. */
export async function run(store: EventStore, print: (line: string) => void): Promise<ReadModels> {
  const core = new Core(store, { cache: 1_000 })
  const models = new ReadModels()
  const target = new InMemoryProjectionStore(models)
  const revenue = revenuePerDay(1)
  const projections = new Projections(store, { target, projections: [openOrders, stock, revenue] })
  await projections.start()
  for (const product of Object.keys(PRODUCTS)) {
    await core.dispatchCommand(Stock.commands.Receive(product, 100))
  }

  print('Twelve orders')
  const position = await sell(core, 1, 12)
  await projections.waitFor(openOrders, position)
  await projections.waitFor(stock, position)
  await projections.waitFor(revenue, position)
  print(`  open orders  ${models.openOrders.size}`)
  print(`  stock left   ${[...models.stock].map(([product, units]) => `${product} ${units}`).join(', ')}`)
  print(
    `  revenue      ${euros(total(models, 1))}, as version ${await projections.serving('revenue per day')} counts it`,
  )

  print('\nA second version of the revenue, without what was cancelled, is built while twelve more come')
  const corrected = revenuePerDay(2)
  const rebuilding = new Projections(store, {
    target,
    projections: [corrected],
    onHappening: (happening) => {
      if (happening.happened === 'serving') print(`  version ${happening.version} serves from now on`)
    },
    lease: 300,
  })
  await rebuilding.start()
  const last = await sell(core, 13, 24)
  await Promise.all([projections.waitFor(revenue, last), rebuilding.waitFor(corrected, last)])
  while ((await rebuilding.serving('revenue per day')) !== 2) await nextTick()

  const status = await rebuilding.status()
  for (const { name, version, state, position: at, head } of [...(await projections.status()), ...status]) {
    print(`  ${name}, version ${version}: ${state}, at ${at} of ${head}`)
  }
  print(
    `  revenue      ${euros(total(models, 1))} before, ${euros(total(models, 2))} without what was cancelled`,
  )
  await Promise.all([projections.stop(), rebuilding.stop()])
  return models
}

/** Orders with these numbers: every fourth is cancelled, every third of the others shipped. Resolves to where the log is then. */
async function sell(core: Core, first: number, last: number): Promise<number> {
  let position = 0
  for (let number = first; number <= last; number++) {
    const id = `order-${number}`
    const customer = `customer-${number % 7}`
    for (const line of linesOf(number)) {
      const { product, units } = line
      await core.dispatchCommand(
        Stock.commands.Take(product, { units, order: id }, { commandId: `${id} ${product}` }),
      )
      await core.dispatchCommand(Cart.commands.Add(customer, line))
    }
    const { order } = await core.dispatchCommand(
      CheckOut({ cart: customer, order: id }, id, { commandId: id }),
    )
    position = order.position
    if (number % 4 === 0) position = (await core.dispatchCommand(Order.commands.Cancel(id))).position
    else if (number % 3 === 0) position = (await core.dispatchCommand(Order.commands.Ship(id))).position
  }
  return position
}

function linesOf(number: number): readonly Line[] {
  return Object.entries(PRODUCTS)
    .filter((_, index) => (number + index) % 3 !== 0)
    .map(([product, cents]) => ({ product, units: 1, cents }))
}

function total({ revenue }: ReadModels, version: number): number {
  return [...(revenue.get(version)?.values() ?? [])].reduce((sum, cents) => sum + cents, 0)
}

function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

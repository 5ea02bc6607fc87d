import { Core, type EventStore } from '@eventmill/core'
import { Projections } from '@eventmill/projections'
import { Cancel, Cart, CheckOut, type Line, Order, Warehouse } from './aggregates.ts'
import { type ReadModels } from './read-models.ts'

/** Sells for a while; meanwhile a read model is rebuilt to its second version, and the first one serves until it is done. */
export async function run<Target>(
  store: EventStore,
  readModels: ReadModels<Target>,
  print: (line: string) => void,
): Promise<void> {
  const { target } = readModels
  const { openOrders, stock, revenue, correctedRevenue } = readModels.projections
  await using started = new AsyncDisposableStack()
  const projections = new Projections(store, { target, projections: [openOrders, stock, revenue] })
  started.defer(() => projections.stop())
  await projections.start()
  const core = new Core(store, { cache: 1_000 })
  for (const product of Object.keys(PRODUCTS)) {
    await core.dispatchCommand(Warehouse.commands.Receive(WAREHOUSE, { product, units: 100 }))
  }

  print('Twelve orders')
  const first = await sell(core, 1, 12)
  for (const projection of [openOrders, stock, revenue]) await projections.waitFor(projection, first)
  await printReadModels(readModels, projections, print)

  print('\nA second version of the revenue, without what was cancelled, is built while twelve more come')
  const served = Promise.withResolvers<number>()
  const rebuilding = new Projections(store, {
    target,
    projections: [correctedRevenue],
    onHappening: (happening) => {
      if (happening.happened !== 'serving') return
      print(`  version ${happening.version} serves from now on`)
      served.resolve(happening.version)
    },
  })
  started.defer(() => rebuilding.stop())
  await rebuilding.start()
  const last = await sell(core, 13, 24)
  // Whichever comes first: it rejects where the rebuild fails.
  await Promise.race([served.promise, rebuilding.finished()])
  for (const projection of [openOrders, stock, revenue]) await projections.waitFor(projection, last)
  await rebuilding.waitFor(correctedRevenue, last)
  await printReadModels(readModels, projections, print)
  const statuses = [...(await projections.status()), ...(await rebuilding.status())]
  for (const { name, version, state, position, head } of statuses) {
    print(`  ${name}, version ${version}: ${state}, at ${position} of ${head}`)
  }
  await projections.drop(revenue)
  print(`  version ${revenue.version} of ${revenue.name} is dropped`)
}

const WAREHOUSE = 'main'
const PRODUCTS = { tea: 450, kettle: 3_900, cup: 700 }

async function printReadModels<Target>(
  readModels: ReadModels<Target>,
  projections: Projections<Target>,
  print: (line: string) => void,
): Promise<void> {
  const stock = await readModels.stockLeft()
  const left = Object.keys(PRODUCTS).map((product) => `${product} ${stock.get(product)}`)
  const days = [...(await readModels.revenuePerDay()).values()]
  const total = days.reduce((sum, cents) => sum + cents, 0)
  const version = await projections.serving(readModels.projections.revenue.name)
  print(`  open orders  ${(await readModels.openOrders()).size}`)
  print(`  stock left   ${left.join(', ')}`)
  print(`  revenue      ${euros(total)}, as version ${version} counts it`)
}

/** Orders with these numbers: every fourth is cancelled, every third of the others shipped. Resolves to where the log is then. */
async function sell(core: Core, first: number, last: number): Promise<number> {
  let position = 0
  for (let number = first; number <= last; number++) {
    const id = `order-${number}`
    const customer = `customer-${number % 7}`
    for (const line of linesOf(number)) await core.dispatchCommand(Cart.commands.Add(customer, line))
    // Under its id for a command id, an order that is sent twice is placed once.
    const placing = CheckOut({ cart: customer, order: id, warehouse: WAREHOUSE }, id, { commandId: id })
    position = (await core.dispatchCommand(placing)).warehouse.position
    if (number % 4 === 0) {
      const cancelled = await core.dispatchCommand(Cancel({ order: id, warehouse: WAREHOUSE }, id))
      position = cancelled.warehouse.position
    } else if (number % 3 === 0) {
      position = (await core.dispatchCommand(Order.commands.Ship(id))).position
    }
  }
  return position
}

function linesOf(number: number): readonly Line[] {
  return Object.entries(PRODUCTS)
    .filter((_, index) => (number + index) % 3 !== 0)
    .map(([product, cents]) => ({ product, units: 1, cents }))
}

function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`
}

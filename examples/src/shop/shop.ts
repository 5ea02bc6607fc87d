import { Core, type EventStore } from '@eventmill/core'
import { Projections } from '@eventmill/projections'
import { Cart, Order, Warehouse } from './aggregates.ts'
import { Cancel, CheckOut } from './commands.ts'
import { type Line, Product } from './events.ts'
import { type ReadModels } from './read-models.ts'

/** Sells for a while; meanwhile a read model is rebuilt to its second version, and the first one serves until it is done. */
export async function run<Target>(
  store: EventStore,
  readModels: ReadModels<Target>,
  print: (line: string) => void,
): Promise<void> {
  const { into } = readModels
  const { openOrders, stock, revenue, correctedRevenue } = readModels.projections
  await using started = new AsyncDisposableStack()
  const firstRelease = [openOrders, stock, revenue]
  const projections = new Projections(store, { into, projections: firstRelease })
  started.defer(() => projections.stop())
  await projections.start()

  print('Twelve orders')
  const core = new Core(store, { cache: 1_000 })
  for (const product of Product.options) {
    await core.dispatchCommand(Warehouse.commands.Receive(WAREHOUSE, { product, units: 100 }))
  }
  let position = 0
  for (let number = 1; number <= 12; number++) position = await sell(core, number)
  for (const projection of firstRelease) await projections.waitFor(projection, position)
  await printReadModels(readModels, projections, print)

  print('\nA second version of the revenue, without what was cancelled, is built while twelve more come')
  const servedBy = new Set([await projections.serving(revenue.name)])
  const served = Promise.withResolvers<number>()
  const rebuilding = new Projections(store, {
    into,
    projections: [correctedRevenue],
    onHappening: (happening) => {
      if (happening.happened !== 'serving') return
      print(`  version ${happening.version} serves from now on`)
      served.resolve(happening.version)
    },
  })
  started.defer(() => rebuilding.stop())
  await rebuilding.start()
  for (let number = 13; number <= 24; number++) {
    position = await sell(core, number)
    servedBy.add(await projections.serving(revenue.name))
  }
  // Whichever comes first: it rejects where the rebuild fails.
  await Promise.race([served.promise, rebuilding.finished()])
  servedBy.add(await projections.serving(revenue.name))
  print(`  whoever asked meanwhile was served by version ${[...servedBy].join(', then by version ')}`)

  print('\nBoth versions go on, and by now know the same orders')
  for (const projection of firstRelease) await projections.waitFor(projection, position)
  await rebuilding.waitFor(correctedRevenue, position)
  await printReadModels(readModels, projections, print)
  const [ordered, kept] = [await total(readModels, 1), await total(readModels, 2)]
  const cancelled = euros(ordered - kept)
  print(`  version 1 counts ${euros(ordered)}, version 2 ${euros(kept)}: ${cancelled} were cancelled`)
  const statuses = [...(await projections.status()), ...(await rebuilding.status())]
  for (const { name, version, state, position, head } of statuses) {
    print(`  ${name}, version ${version}: ${state}, at ${position} of ${head}`)
  }
  await projections.drop(revenue)
  print(`  version ${revenue.version} of ${revenue.name} is dropped`)
}

const WAREHOUSE = 'Hamburg'
const CENTS = { tea: 450, kettle: 3_900, cup: 700 }

/** The order of this number: every fourth is cancelled, every third of the others shipped. Resolves to where the log is then. */
async function sell(core: Core, number: number): Promise<number> {
  const [order, warehouse] = [`order-${number}`, WAREHOUSE]
  const cart = `customer-${number % 7}`
  for (const line of linesOf(number)) await core.dispatchCommand(Cart.commands.Add(cart, line))
  const placed = await core.dispatchCommand(CheckOut({ cart, order, warehouse }))
  if (number % 4 === 0) return (await core.dispatchCommand(Cancel({ order, warehouse }))).warehouse.position
  if (number % 3 === 0) return (await core.dispatchCommand(Order.commands.Ship(order))).position
  return placed.warehouse.position
}

/** Each order is of two of the three products. */
function linesOf(number: number): readonly Line[] {
  return Product.options
    .filter((_, index) => (number + index) % 3 !== 0)
    .map((product) => ({ product, units: 1, cents: CENTS[product] }))
}

async function printReadModels<Target>(
  readModels: ReadModels<Target>,
  projections: Projections<Target>,
  print: (line: string) => void,
): Promise<void> {
  const stock = await readModels.stockLeft()
  const left = Product.options.map((product) => `${product} ${stock.get(product)}`)
  const version = await projections.serving(readModels.projections.revenue.name)
  print(`  open orders  ${(await readModels.openOrders()).size}`)
  print(`  stock left   ${left.join(', ')}`)
  print(`  revenue      ${euros(await total(readModels))}, as version ${version} counts it, which serves`)
}

/** The revenue of all days. */
async function total<Target>(readModels: ReadModels<Target>, version?: 1 | 2): Promise<number> {
  const days = await readModels.revenuePerDay(version)
  return [...days.values()].reduce((sum, cents) => sum + cents, 0)
}

function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} €`
}

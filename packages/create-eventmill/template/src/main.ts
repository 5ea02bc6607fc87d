import { Core } from '@eventmill/core'
import { InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { type Shipments, shipments } from './shipments.ts'
import { OutOfStock, Stock } from './stock.ts'
import { openStore } from './store.memory.ts'

const { store, close } = await openStore()
const core = new Core(store)
const { Receive, Ship } = Stock.commands

// Commands: each is decided by what has happened before, and what it decides is stored for good.
await core.dispatchCommand(Receive('tea', { quantity: 10 }))
const tea = await core.dispatchCommand(Ship('tea', { quantity: 4, to: 'Ada' }))
console.log(`${tea.state} packets of tea are left.`)

// What an aggregate refuses, it refuses with an error of yours, and nothing is stored.
try {
  await core.dispatchCommand(Ship('tea', { quantity: tea.state + 1, to: 'Grace' }))
} catch (error) {
  if (!(error instanceof OutOfStock)) throw error
  console.log(`Grace gets none: ${error.message}.`)
}

// Why it is so: the events, and the state after each.
console.log(`\n${await core.explain(Stock, 'tea')}`)

// The read side, here in memory and built anew at each start. It knows of the tea as soon as it has got so far.
const sent: Shipments = new Map()
const projections = new Projections(store, {
  into: new InMemoryProjectionStore(sent),
  projections: [shipments],
})
await projections.start()
await projections.waitFor(shipments, tea.position)
console.log(`Ada was sent ${sent.get('Ada')} packets so far.`)

await projections.stop()
await close()

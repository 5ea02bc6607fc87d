import { Core } from '@eventmill/core'
import { Projections } from '@eventmill/projections'
import { sentTo, shipments } from './shipments.memory.ts'
import { OutOfStock, Stock } from './stock.ts'
import { openStore } from './store.memory.ts'

const { store, readSide, readModels, close } = await openStore()

// The write side decides commands, and the read side follows what they have stored.
const core = new Core(store)
const projections = new Projections(store, { into: readSide, projections: [shipments] })
await projections.start()

// Each command is decided by what has happened before, and what it decides is stored for good.
const { Receive, Ship } = Stock.commands
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

// The read side knows of the tea as soon as it has got so far.
await projections.waitFor(shipments, tea.position)
console.log(`Ada was sent ${await sentTo('Ada', readModels)} packets so far.`)

// tables
// From here on a service takes commands, until it is told to end: by whoever runs it, or by Ctrl-C, which npm may repeat.
const toldToEnd = new Promise<void>((tell) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      tell()
    })
  }
})
console.log('It goes on until Ctrl-C.')
await toldToEnd

// /tables
await projections.stop()
await close()

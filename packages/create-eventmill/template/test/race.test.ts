import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Core, type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { everySchedule } from '@eventmill/testing'
import { OutOfStock, Stock } from '../src/stock.ts'

const { Receive, Ship } = Stock.commands
const shipTo = (to: string) => (store: EventStore) =>
  new Core(store).dispatchCommand(Ship('tea', { quantity: 6, to }))

// Tries every order in which two processes may ask their store. The one in memory keeps the same rules as any other.
test('of two who want the last packets, one is sent them and the other is refused', async () => {
  const { all } = await everySchedule({
    prepare: async () => {
      const store = new InMemoryStore()
      await new Core(store).dispatchCommand(Receive('tea', { quantity: 10 }))
      return store
    },
    commands: [shipTo('Ada'), shipTo('Grace')],
    check: async (store, outcomes) => {
      assert.equal((await new Core(store).load(Stock, 'tea')).state, 4)
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.deepEqual(
        refused.map(({ reason }) => reason instanceof OutOfStock),
        [true],
      )
    },
  })
  assert.ok(all)
})

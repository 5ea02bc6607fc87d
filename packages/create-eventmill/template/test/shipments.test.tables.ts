import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import { scenario } from '@eventmill/testing'
import { stockEvents } from '../src/events.zod.ts'
import { sentTo, shipments } from '../src/shipments.tables.ts'
import { Stock } from '../src/stock.ts'

const { Shipped } = stockEvents

test('shipments to a customer add up, whatever the article', async (t) => {
  const database = await PGlite.create()
  t.after(() => database.close())
  await shipments.create(database)
  await scenario(shipments, () => database)
    .given(
      { stream: Stock.stream('tea'), events: [Shipped({ quantity: 4, to: 'Ada' })] },
      { stream: Stock.stream('cups'), events: [Shipped({ quantity: 1, to: 'Ada' })] },
    )
    .results(async () => {
      assert.equal(await sentTo('Ada', database), 5)
    })
})

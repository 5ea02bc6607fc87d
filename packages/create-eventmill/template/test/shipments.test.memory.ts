import { test } from 'node:test'
import { scenario } from '@eventmill/testing'
import { stockEvents } from '../src/events.zod.ts'
import { shipments } from '../src/shipments.memory.ts'
import { Stock } from '../src/stock.ts'

const { Shipped } = stockEvents

test('shipments to a customer add up, whatever the article', async () => {
  await scenario(shipments, () => new Map())
    .given(
      { stream: Stock.stream('tea'), events: [Shipped({ quantity: 4, to: 'Ada' })] },
      { stream: Stock.stream('cups'), events: [Shipped({ quantity: 1, to: 'Ada' })] },
    )
    .results(new Map([['Ada', 5]]))
})

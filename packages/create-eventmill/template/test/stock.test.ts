import { test } from 'node:test'
import { scenario } from '@eventmill/testing'
import { stockEvents } from '../src/events.zod.ts'
import { shipments } from '../src/shipments.ts'
import { OutOfStock, Stock } from '../src/stock.ts'

const { Received, Shipped } = stockEvents
const { Ship } = Stock.commands
const tea = scenario(Stock, 'tea').given(Received({ quantity: 10 }))

test('what is on stock is shipped', async () => {
  await tea.when(Ship('tea', { quantity: 10, to: 'Ada' })).decides(Shipped({ quantity: 10, to: 'Ada' }))
})

test('more than is on stock is not', async () => {
  await tea.when(Ship('tea', { quantity: 11, to: 'Ada' })).rejects(OutOfStock)
})

test('shipments to a customer add up, whatever the article', async () => {
  await scenario(shipments, () => new Map())
    .given(
      { stream: Stock.stream('tea'), events: [Shipped({ quantity: 4, to: 'Ada' })] },
      { stream: Stock.stream('cups'), events: [Shipped({ quantity: 1, to: 'Ada' })] },
    )
    .results(new Map([['Ada', 5]]))
})

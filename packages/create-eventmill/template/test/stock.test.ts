import { test } from 'node:test'
import { scenario } from '@eventmill/testing'
import { stockEvents } from '../src/events.zod.ts'
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

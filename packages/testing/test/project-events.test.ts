import { expect, test } from '@jest/globals'
import { projectEvents } from '@eventmill/testing'
import { Account, accountEvents } from '../../core/test/fixtures/account.ts'
import { accountEvents as projected, Balances, balances } from '../../projections/test/fixtures.ts'

test('a projection is handed what it asks for, stored and in order', async () => {
  const target = await projectEvents(balances(), new Balances(), [
    { stream: Account.stream('DE1'), events: [projected.Deposited({ cents: 5 }), projected.Closed()] },
    { stream: Account.stream('DE2'), events: [projected.Deposited({ cents: 1 })] },
    { stream: Account.stream('DE1'), events: [projected.Withdrawn({ cents: 2 })] },
  ])
  expect([...target.cents]).toEqual([
    ['DE1', 3],
    ['DE2', 1],
  ])
  expect(target.positions).toEqual([1, 3, 4])
})

test('what is no event of its namespace fails as it would in earnest', async () => {
  const events = [{ ...accountEvents.Deposited({ cents: 5 }), version: 2 }]
  const told = projectEvents(balances(), new Balances(), [{ stream: Account.stream('DE1'), events }])
  await expect(told).rejects.toMatchObject({ code: 'EVENT_INVALID' })
})

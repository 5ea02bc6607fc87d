import { expect, test } from '@jest/globals'
import { Core } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { inspect } from 'node:util'
import { Account, accountEvents, Transfer } from './fixtures/account.ts'
import { allEvents } from './fixtures/wrapped-store.ts'

// What people see who print it: nothing but what it is.

test('events and commands are printed as the plain values that they are', async () => {
  expect(inspect(accountEvents.Deposited({ cents: 5 }), { breakLength: Infinity })).toBe(
    "{ source: 'https://example.com/account', type: 'Deposited', version: 1, data: { cents: 5 } }",
  )
  expect(inspect(Account.commands.Deposit('DE1', { cents: 5 }), { breakLength: Infinity })).toBe(
    "{ aggregateType: 'Account', aggregateId: 'DE1', type: 'Deposit', data: { cents: 5 } }",
  )
  expect(inspect(Transfer({ from: 'a', to: 'b' }, { cents: 5 }), { breakLength: Infinity })).toMatch(
    /^{ aggregates: { from: { aggregateType: 'Account', aggregateId: 'a' }, .* }, type: 'Transfer', data: { cents: 5 } }$/,
  )
  const store = new InMemoryStore({ clock: () => 0, createId: () => 'id' })
  await new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: 5 }))
  expect(inspect((await allEvents(store))[0], { breakLength: Infinity })).toBe(
    "{ source: 'https://example.com/account', type: 'Deposited', version: 1, data: { cents: 5 }, metadata: {}, id: 'id', aggregateType: 'Account', aggregateId: 'DE1', sequence: 1, position: 1, time: '1970-01-01T00:00:00.000Z' }",
  )
})

test('an error is printed with what to do, its code and its fields', async () => {
  const core = new Core(new InMemoryStore())
  const error: unknown = await core
    .dispatchCommand(Account.commands.Close('DE1', undefined, { generation: 7 }))
    .catch((reason: unknown) => reason)
  const lines = inspect(error).split('\n')
  expect(lines[0]).toBe(
    'EventmillError: Account "DE1" was expected at generation 7, but it does not exist: read it again and decide anew',
  )
  expect(lines.slice(-5).join('\n')).toBe(
    [
      "  code: 'GENERATION_CONFLICT',",
      "  stream: { aggregateType: 'Account', aggregateId: 'DE1' },",
      '  expected: 7,',
      '  actual: 0',
      '}',
    ].join('\n'),
  )
})

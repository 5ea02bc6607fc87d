import { describe, expect, test } from '@jest/globals'
import { defineAggregate, defineEvents, type EventDefinition } from '@eventmill/core'
import { scenario } from '@eventmill/testing'
import { Account, accountEvents, InsufficientFunds } from '../../core/test/fixtures/account.ts'

describe('a scenario', () => {
  test('passes where the decision is what is expected', async () => {
    await scenario(Account, 'DE1')
      .when(Account.commands.Open('DE1', { limit: 5 }))
      .decides(accountEvents.Opened({ limit: 5 }))
    await scenario(Account, 'DE1')
      .given(accountEvents.Opened({ limit: 0 }), accountEvents.Deposited({ cents: 5 }))
      .when(Account.commands.DepositEach('DE1', [1, 2]))
      .decides(accountEvents.Deposited({ cents: 1 }), accountEvents.Deposited({ cents: 2 }))
  })

  test('passes where nothing is decided, and nothing is expected', async () => {
    await scenario(Account, 'DE1').given(accountEvents.Closed()).when(Account.commands.Close('DE1')).decides()
  })

  test('hands a context to the handler', async () => {
    const limits = { ask: (max: number) => Promise.resolve(max === 7) }
    await scenario(Account, 'DE1')
      .given(accountEvents.Opened({ limit: 7 }))
      .when(Account.commands.Check('DE1'), { context: limits })
      .decides(accountEvents.Closed())
  })

  test('may be told twice', async () => {
    const given = scenario(Account, 'DE1').given(accountEvents.Deposited({ cents: 5 }))
    const withdrawn = given.when(Account.commands.Withdraw('DE1', { cents: 5 }))
    await withdrawn.decides(accountEvents.Withdrawn({ cents: 5 }))
    await withdrawn.decides(accountEvents.Withdrawn({ cents: 5 }))
  })

  test('shows the difference where other events are decided', async () => {
    const told = scenario(Account, 'DE1')
      .given(accountEvents.Deposited({ cents: 5 }))
      .when(Account.commands.DepositEach('DE1', [1, 2, 3]))
      .decides(
        accountEvents.Deposited({ cents: 1 }),
        accountEvents.Closed(),
        accountEvents.Deposited({ cents: 3 }),
      )
    await expect(told).rejects.toThrow(
      [
        'DepositEach on Account "DE1", given 1 event',
        '  decides other events (- expected, + decided, ~ expected → decided):',
        '    Deposited {"cents":1}',
        '  - Closed {}',
        '  + Deposited {"cents":2}',
        '    Deposited {"cents":3}',
      ].join('\n'),
    )
  })

  test('shows the error where it is rejected', async () => {
    const told = scenario(Account, 'DE1')
      .when(Account.commands.Withdraw('DE1', { cents: 5 }))
      .decides()
    await expect(told).rejects.toThrow(
      'Withdraw on Account "DE1", given no events\n  decides no events, but it was rejected: InsufficientFunds: 0 + 0 < 5',
    )
  })

  test('compares events as they are stored', async () => {
    const bigint: EventDefinition<bigint> = {
      version: 1,
      encode: String,
      decode: (json) => BigInt(json as string),
    }
    const events = defineEvents('urn:x:sum', { Added: bigint })
    const Sum = defineAggregate({
      type: 'Sum',
      events,
      initialize: (_id: number) => 0n,
      apply: { Added: (sum, { data }) => sum + data },
      handle: { Double: (sum) => events.Added(sum) },
    })
    await scenario(Sum, 7).given(events.Added(21n)).when(Sum.commands.Double(7)).decides(events.Added(21n))
  })

  test('is about the aggregate that the command is for', async () => {
    const told = scenario(Account, 'DE1').when(Account.commands.Close('DE2')).decides(accountEvents.Closed())
    await expect(told).rejects.toThrow('command must be one to Account "DE1", as the scenario is')
  })

  test('of an event that is none is no scenario', async () => {
    const told = scenario(Account, 'DE1')
      .given({ ...accountEvents.Closed(), version: 2 })
      .when(Account.commands.Close('DE1'))
      .decides()
    await expect(told).rejects.toThrow('new events have version 1')
  })
})

describe('a rejection', () => {
  const rejected = () => scenario(Account, 'DE1').when(Account.commands.Withdraw('DE1', { cents: 5 }))
  const conflict = () =>
    scenario(Account, 'DE1').when(Account.commands.Close('DE1', undefined, { generation: 2 }))

  test.each([
    ['its class', InsufficientFunds],
    ['a pattern of its message', /0 \+ 0/],
    ['an error that is alike', new Error('0 + 0 < 5')],
    ['its fields', { message: '0 + 0 < 5' }],
  ])('is told by %s', async (_, error) => {
    await rejected().rejects(error)
  })

  test('of eventmill is told by its code, or its fields', async () => {
    await conflict().rejects('GENERATION_CONFLICT')
    await conflict().rejects({
      code: 'GENERATION_CONFLICT',
      stream: Account.stream('DE1'),
      expected: 2,
      actual: 0,
    })
  })

  test.each([
    [RangeError, 'RangeError'],
    [/overdraft/, 'message /overdraft/'],
    [new Error('overdraft'), 'Error: overdraft'],
    ['OVERDRAFT', 'code OVERDRAFT'],
    [{ message: 'overdraft' }, '{"message":"overdraft"}'],
  ])('that is another one than %p is shown', async (error, shown) => {
    await expect(rejected().rejects(error)).rejects.toThrow(
      [
        'Withdraw on Account "DE1", given no events',
        '  is rejected otherwise',
        `  - ${shown}`,
        '  + InsufficientFunds: 0 + 0 < 5',
      ].join('\n'),
    )
  })

  test('that does not come is told with what was decided instead', async () => {
    const told = scenario(Account, 'DE1').when(Account.commands.Close('DE1')).rejects(InsufficientFunds)
    await expect(told).rejects.toThrow('is not rejected with InsufficientFunds, but decides\n  + Closed {}')
  })

  test('whose own words are wrong fails, and is not taken for a rejection', async () => {
    const account = scenario(Account, 'DE1')
    const elsewhere = account.when(Account.commands.Close('DE2')).rejects(Error)
    await expect(elsewhere).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', argument: 'command' })
    const foreign = { ...accountEvents.Deposited({ cents: 5 }), source: 'urn:x:other' } as never
    const given = account.given(foreign).when(Account.commands.Close('DE1')).rejects(Error)
    await expect(given).rejects.toMatchObject({ code: expect.stringMatching(/^EVENT_/) })
    const anything = account.when(Account.commands.Withdraw('DE1', { cents: 5 })).rejects({})
    await expect(anything).rejects.toMatchObject({ code: 'ARGUMENT_INVALID', argument: 'error' })
  })

  test('of events that cannot be applied fails with what apply throws', async () => {
    const Broken = defineAggregate({
      type: 'Broken',
      events: accountEvents,
      initialize: (_id: string) => 0,
      apply: {
        Opened: () => 0,
        Deposited: () => {
          throw new Error('cannot be applied')
        },
        Withdrawn: () => 0,
        Closed: () => 0,
      },
      handle: { Close: () => accountEvents.Closed() },
    })
    const told = scenario(Broken, 'DE1')
      .given(accountEvents.Deposited({ cents: 5 }))
      .when(Broken.commands.Close('DE1'))
      .rejects(/anything/)
    await expect(told).rejects.toThrow('cannot be applied')
  })
})

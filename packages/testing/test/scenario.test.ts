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

  test('compares metadata where it is expected, and shows it then', async () => {
    const closed = { ...accountEvents.Closed(), metadata: { correlationId: 'a', user: 7 } }
    const told = scenario(Account, 'DE1').when(
      Account.commands.Close('DE1', undefined, { metadata: { correlationId: 'b', user: 7 } }),
    )
    await told.decides(accountEvents.Closed())
    await expect(told.decides(closed)).rejects.toThrow(
      '):\n  ~ Closed\n      metadata.correlationId: "a" → "b"',
    )
    await expect(told.decides(closed, closed)).rejects.toThrow(
      '  - Closed {} with metadata {"correlationId":"a","user":7}',
    )
  })

  test('expects events as they would be stored: what is undefined is left out', async () => {
    await scenario(Account, 'DE1')
      .when(Account.commands.Open('DE1', { limit: 5 }))
      .decides(accountEvents.Opened({ limit: 5, note: undefined } as never))
  })
})

describe('a test that is wrong itself', () => {
  const Fragile = defineAggregate({
    type: 'Fragile',
    events: accountEvents,
    initialize: (_id: string) => 0,
    apply: {
      Opened: () => {
        throw new RangeError('broken')
      },
      Deposited: (count) => count + 1,
      Withdrawn: (count) => count,
      Closed: (count) => count,
    },
    handle: {
      Refuse: () => {
        throw new RangeError('no')
      },
    },
  })
  const refuse = Fragile.commands.Refuse('a')
  const fragile = scenario(Fragile, 'a')

  test.each([
    [
      'another addressee',
      fragile.when(Fragile.commands.Refuse('b')),
      'command must be one to Fragile "a", as the scenario is',
    ],
    [
      'an event that is none',
      fragile.given({ ...accountEvents.Closed(), version: 2 }).when(refuse),
      'new events have version 1',
    ],
    [
      'an event of another aggregate',
      fragile.given({ source: 'urn:x:other', type: 'Burnt', version: 1, data: {} } as never).when(refuse),
      'event Burnt (version 1) of urn:x:other is invalid: none of the namespaces at hand defines it',
    ],
    [
      'an event that no store can keep',
      fragile.given(accountEvents.Deposited({ cents: 5n as never })).when(refuse),
      'the data of Deposited.cents is a bigint, which JSON cannot carry',
    ],
    [
      'an event that cannot be applied',
      fragile.given(accountEvents.Opened({ limit: 5 })).when(refuse),
      'cannot be read: apply failed (broken)',
    ],
  ])('by %s fails as itself, whatever it expects', async (_, told, message) => {
    await refusedAsExpected()
    await expect(told.decides()).rejects.toThrow(message)
    await expect(told.decides()).rejects.not.toThrow('but it was rejected')
    await expect(told.rejects(Error)).rejects.toThrow(message)
    await expect(told.rejects(/./)).rejects.toThrow(message)
  })

  const refusedAsExpected = () => fragile.given(accountEvents.Closed()).when(refuse).rejects(RangeError)

  test.each([[{}], [undefined], [null], [7]])('by expecting %p for an error is refused', async (expected) => {
    await expect(fragile.when(refuse).rejects(expected as never)).rejects.toThrow(
      'error must be a class, a code, a pattern of the message, an error that is alike, or an object of at least one field',
    )
  })

  test('by an error of other dates is not taken for the same', async () => {
    const Dated = defineAggregate({
      type: 'Dated',
      events: accountEvents,
      initialize: (_id: string) => 0,
      apply: { Opened: (n) => n, Deposited: (n) => n, Withdrawn: (n) => n, Closed: (n) => n },
      handle: {
        Refuse: () => {
          throw Object.assign(new Error('no'), { until: new Date(5) })
        },
      },
    })
    const told = scenario(Dated, 'a').when(Dated.commands.Refuse('a'))
    await told.rejects({ until: new Date(5) })
    await expect(told.rejects({ until: new Date(6) })).rejects.toThrow(
      'is rejected otherwise\n  - {"until":Date 1970-01-01T00:00:00.006Z}\n  + Error: no',
    )
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
})

import { describe, expect, test } from '@jest/globals'
import { defineAggregate, defineCommand, defineEvents, event } from '@eventmill/core'
import { scenario } from '@eventmill/testing'
import { Account, accountEvents, InsufficientFunds, Transfer } from '../../core/test/fixtures/account.ts'

const ids = { from: 'DE1', to: 'DE2' }
const rich = () => scenario(Transfer, ids).given({ from: accountEvents.Deposited({ cents: 5 }) })

const cardEvents = defineEvents('https://example.com/card', {
  Issued: event<{ limit: number }>(),
  Closed: event<{ reason: string }>(),
})
const Card = defineAggregate({
  type: 'Card',
  // Both namespaces have a type of the same name.
  events: [cardEvents, accountEvents],
  initialize: (_number: number) => 0,
  apply: {
    Issued: (_limit, { data }) => data.limit,
    Opened: (_limit, { data }) => data.limit,
    Deposited: (limit) => limit,
    Withdrawn: (limit) => limit,
    Closed: () => 0,
  },
  handle: {},
})

interface Bank {
  allows(cents: number): Promise<boolean>
}

/** The account is only looked at. */
const Raise = defineCommand({
  type: 'Raise',
  aggregates: { card: Card, account: Account },
  handle: async ({ card, account }, { cents }: { cents: number }, bank: Bank) => {
    if (account.balance < cents) throw new InsufficientFunds(`${account.balance} < ${cents}`)
    return (await bank.allows(card + cents))
      ? { card: [cardEvents.Closed({ reason: 'replaced' }), accountEvents.Opened({ limit: card + cents })] }
      : {}
  },
})
const raise = Raise({ card: 7, account: 'DE1' }, { cents: 5 })
const held = () =>
  scenario(Raise, { card: 7, account: 'DE1' }).given({
    card: [cardEvents.Issued({ limit: 1 }), accountEvents.Opened({ limit: 2 })],
    account: [accountEvents.Deposited({ cents: 5 })],
  })

describe('a scenario of several aggregates', () => {
  test('passes where each decides what is expected of it', async () => {
    await rich()
      .when(Transfer(ids, { cents: 5 }))
      .decides({ to: [accountEvents.Deposited({ cents: 5 })], from: accountEvents.Withdrawn({ cents: 5 }) })
  })

  test('passes where nothing has happened before', async () => {
    await scenario(Transfer, ids)
      .when(Transfer(ids, { cents: 0 }))
      .decides({ from: accountEvents.Withdrawn({ cents: 0 }), to: accountEvents.Deposited({ cents: 0 }) })
  })

  test('hands a context to a handler that answers later, and expects nothing of an aggregate that is only looked at', async () => {
    const context = { allows: (cents: number) => Promise.resolve(cents === 7) }
    const decision = [cardEvents.Closed({ reason: 'replaced' }), accountEvents.Opened({ limit: 7 })]
    await held().when(raise, { context }).decides({ card: decision })
    await held().when(raise, { context }).decides({ card: decision, account: [] })
  })

  test('passes where nothing is decided, and nothing is expected', async () => {
    const told = held().when(raise, { context: { allows: () => Promise.resolve(false) } })
    await told.decides()
    await told.decides({})
    await told.decides({ card: [], account: [] })
  })

  test('passes where a rejection is expected', async () => {
    await rich()
      .when(Transfer(ids, { cents: 6 }))
      .rejects(InsufficientFunds)
    await rich()
      .when(Transfer(ids, { cents: 5 }, { generation: { to: 3 } }))
      .rejects({ code: 'GENERATION_CONFLICT', stream: Account.stream('DE2'), expected: 3, actual: 0 })
  })

  test('shows the differences by role where other events are decided', async () => {
    const told = rich()
      .when(Transfer(ids, { cents: 5 }))
      .decides({
        from: [accountEvents.Withdrawn({ cents: 4 }), accountEvents.Closed()],
        to: accountEvents.Deposited({ cents: 5 }),
      })
    await expect(told).rejects.toThrow(
      new Error(
        [
          'Transfer on Account "DE1" (from) and Account "DE2" (to), given 1 event',
          '  decides other events (- expected, + decided, ~ expected → decided):',
          '  Account "DE1" (from):',
          '  ~ Withdrawn',
          '      data.cents: 4 → 5',
          '  - Closed {}',
          '  Account "DE2" (to):',
          '    Deposited {"cents":5}',
        ].join('\n'),
      ),
    )
  })

  test('shows what is decided for a role that is left out', async () => {
    const told = rich()
      .when(Transfer(ids, { cents: 5 }))
      .decides({ from: accountEvents.Withdrawn({ cents: 5 }) })
    await expect(told).rejects.toThrow('  Account "DE2" (to):\n  + Deposited {"cents":5}')
  })

  test('shows the namespaces of events where only they differ', async () => {
    const told = held()
      .when(raise, { context: { allows: () => Promise.resolve(true) } })
      .decides({ card: [accountEvents.Closed(), accountEvents.Opened({ limit: 7 })] })
    await expect(told).rejects.toThrow(
      [
        'Raise on Card 7 (card) and Account "DE1" (account), given 3 events',
        '  decides other events (- expected, + decided, ~ expected → decided):',
        '  Card 7 (card):',
        '  - Closed of https://example.com/account {}',
        '  + Closed of https://example.com/card {"reason":"replaced"}',
        '    Opened {"limit":7}',
        '  Account "DE1" (account):',
        '    (no events)',
      ].join('\n'),
    )
  })

  test('shows the error where it is rejected', async () => {
    const told = scenario(Transfer, ids)
      .when(Transfer(ids, { cents: 5 }))
      .decides({ from: accountEvents.Withdrawn({ cents: 5 }), to: accountEvents.Deposited({ cents: 5 }) })
    await expect(told).rejects.toThrow('  decides 2 events, but it was rejected: InsufficientFunds: 0 < 5')
  })

  test('shows what is decided where a rejection is expected', async () => {
    const told = rich()
      .when(Transfer(ids, { cents: 5 }))
      .rejects(InsufficientFunds)
    await expect(told).rejects.toThrow(
      [
        '  is not rejected with InsufficientFunds, but decides',
        '  Account "DE1" (from):',
        '  + Withdrawn {"cents":5}',
        '  Account "DE2" (to):',
        '  + Deposited {"cents":5}',
      ].join('\n'),
    )
  })

  test('is rejected, as its dispatch is, where two roles name the same aggregate', async () => {
    const same = { from: 'DE1', to: 'DE1' }
    const told = scenario(Transfer, same).when(Transfer(same, { cents: 0 }))
    await told.rejects({ code: 'STREAM_REPEATED', stream: Account.stream('DE1') })
    await expect(told.decides()).rejects.toThrow(
      'command.aggregates.from and command.aggregates.to are the same stream, Account "DE1"',
    )
  })

  test.each([
    ['other ids', Transfer({ from: 'DE1', to: 'DE3' }, { cents: 5 })],
    ['other roles', raise],
    [
      'more roles',
      defineCommand({
        type: 'Split',
        aggregates: { ...Transfer.aggregates, also: Account },
        handle: () => ({}),
      })({ ...ids, also: 'DE3' }),
    ],
    [
      'an aggregate of another type',
      defineCommand({ type: 'Pay', aggregates: { from: Account, to: Card }, handle: () => ({}) })(
        ids as never,
      ),
    ],
    ['one aggregate', Account.commands.Close('DE1')],
  ])('is about the aggregates that the command is for, not about one with %s', async (_, command) => {
    const told = scenario(Transfer, ids)
      .when(command as never)
      .decides()
    await expect(told).rejects.toThrow(
      'command must be one to Account "DE1" (from) and Account "DE2" (to), as the scenario is',
    )
  })

  test('takes the ids and the events of its own roles alone', async () => {
    expect(() => scenario(Transfer, { ...ids, via: 'DE3' } as never)).toThrow(
      'ids.via must be absent: it is not supported here (known: from, to)',
    )
    expect(() => scenario(Transfer, { from: 'DE1' } as never)).toThrow(
      'ids.to must be the id of Account, but it is undefined',
    )
    expect(() => scenario(Transfer, ids).given({ via: [] } as never)).toThrow(
      'events.via must be absent: it is not supported here (known: from, to)',
    )
    const told = rich().when(Transfer(ids, { cents: 5 }))
    await expect(told.decides({ via: [] } as never)).rejects.toThrow(
      'events.via must be absent: it is not supported here (known: from, to)',
    )
  })

  test('takes a role that is named like a member of every object', async () => {
    const Odd = defineCommand({
      type: 'Odd',
      aggregates: { constructor: Account, other: Account },
      handle: () => ({ constructor: accountEvents.Closed() }),
    })
    const odd = { constructor: 'DE1', other: 'DE2' }
    await scenario(Odd, odd).when(Odd(odd)).decides({ constructor: accountEvents.Closed() })
    const told = scenario(Odd, odd).when(Odd(odd)).decides()
    await expect(told).rejects.toThrow('Account "DE1" (constructor):\n  + Closed {}')
  })
})

import { describe, expect, test } from '@jest/globals'
import { Core, defineAggregate, defineCommand, defineEvents, event } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Account, accountEvents, Transfer } from './fixtures/account.ts'

describe('a command', () => {
  test('is plain JSON', () => {
    const options = { generation: 3, commandId: 'c-1', metadata: { correlationId: 'k' } }
    const command = Account.commands.Deposit('DE1', { cents: 5 }, options)
    const json = {
      aggregateType: 'Account',
      aggregateId: 'DE1',
      type: 'Deposit',
      data: { cents: 5 },
      generation: 3,
      commandId: 'c-1',
      metadata: { correlationId: 'k' },
    }
    expect(command).toEqual(json)
    expect(Object.keys(Account.commands.Close('DE1'))).toEqual([
      'aggregateType',
      'aggregateId',
      'type',
      'data',
    ])
    expect(JSON.parse(JSON.stringify(command))).toEqual(json)
  })

  test('over several aggregates is plain JSON too', () => {
    const options = { generation: { from: 3 }, commandId: 'c-1', metadata: { correlationId: 'k' } }
    expect(JSON.parse(JSON.stringify(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 5 }, options)))).toEqual({
      aggregates: {
        from: { aggregateType: 'Account', aggregateId: 'DE1', generation: 3 },
        to: { aggregateType: 'Account', aggregateId: 'DE2' },
      },
      type: 'Transfer',
      data: { cents: 5 },
      commandId: 'c-1',
      metadata: { correlationId: 'k' },
    })
  })

  test('is revived from JSON, complete', async () => {
    const options = { generation: 0, commandId: 'c-1', metadata: { correlationId: 'k' } }
    const command = Account.commands.Deposit('DE1', { cents: 5 }, options)
    const revived = Account.command(JSON.parse(JSON.stringify(command)))
    expect(revived).toEqual(command)
    const core = new Core(new InMemoryStore())
    const context = { ask: () => Promise.resolve(true) }
    expect(await core.dispatchCommand(revived, { context })).toHaveProperty('state.balance', 5)
  })

  test('over several aggregates is revived from JSON, complete', async () => {
    const command = Transfer(
      { from: 'DE1', to: 'DE2' },
      { cents: 0 },
      { commandId: 'c-1', generation: { to: 0 } },
    )
    const revived = Transfer.command(JSON.parse(JSON.stringify(command)))
    expect(revived).toEqual(command)
    expect(await new Core(new InMemoryStore()).dispatchCommand(revived)).toHaveProperty('to.generation', 1)
  })

  test.each([
    ['null', null],
    ['text', 'Deposit'],
    ['an empty object', {}],
    ['another type', { aggregateType: 'Account', aggregateId: 'DE1', type: 'Burn' }],
    ['a member of every object', { aggregateType: 'Account', aggregateId: 'DE1', type: 'constructor' }],
    ['another aggregate', { aggregateType: 'Card', aggregateId: 'DE1', type: 'Deposit' }],
    ['a type that is no text', { aggregateType: 'Account', aggregateId: 'DE1', type: { toString: 'x' } }],
  ])('is not revived from %s', (_, json) => {
    expect(() => Account.command(json)).toThrow(expect.objectContaining({ code: 'COMMAND_UNKNOWN' }))
    expect(() => Transfer.command(json)).toThrow(expect.objectContaining({ code: 'COMMAND_UNKNOWN' }))
  })

  test.each<[unknown, string | undefined, string]>([
    [null, undefined, 'this value is no known command: '],
    [{ type: 7 }, undefined, 'this value is no known command: '],
    [{ type: 'Burn' }, 'Burn', '"Burn" is no known command: '],
  ])('that is not revived from %j is told by its type', (json, type, message) => {
    for (const [definition, known] of [
      [Account, 'Account has Open, Deposit, DepositEach, Withdraw, Close, Check'],
      [Transfer, 'it should be Transfer with the aggregates from, to'],
    ] as const) {
      expect(() => definition.command(json)).toThrow(
        expect.objectContaining({ type, message: message + known }),
      )
    }
  })

  test('over several aggregates is not revived from one of another type', () => {
    const { aggregates } = Transfer({ from: 'DE1', to: 'DE2' }, { cents: 5 })
    expect(() => Transfer.command({ type: 'Exchange', aggregates })).toThrow(
      expect.objectContaining({ code: 'COMMAND_UNKNOWN', type: 'Exchange' }),
    )
  })

  test('revived from hostile JSON touches no prototype', () => {
    const json = '{"aggregateType":"Account","aggregateId":"DE1","type":"Close","__proto__":{"polluted":1}}'
    expect(() => Account.command(JSON.parse(json))).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'command.__proto__' }),
    )
    expect('polluted' in {}).toBe(false)
  })

  const target = { aggregateType: 'Account', aggregateId: 'DE1' }
  const both = { from: target, to: { ...target, aggregateId: 'DE2' } }
  test.each<[string, object, string]>([
    ['a misspelt field', { ...target, type: 'Close', comandId: 'c' }, 'command.comandId'],
    ['several aggregates', { ...target, type: 'Close', aggregates: both }, 'command.aggregates'],
  ])('is not revived with %s, which it would lose', (_, json, argument) => {
    expect(() => Account.command(json)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }),
    )
  })

  test.each<[string, object, string]>([
    ['a generation for all', { aggregates: both, generation: 1 }, 'command.generation'],
    ['an unknown role', { aggregates: { ...both, form: target } }, 'command.aggregates.form'],
    ['a role missing', { aggregates: { from: target } }, 'command.aggregates.to'],
    [
      'a misspelt field of a target',
      { aggregates: { ...both, to: { ...target, generaton: 1 } } },
      'command.aggregates.to.generaton',
    ],
  ])('over several aggregates is not revived with %s', (_, fields, argument) => {
    expect(() => Transfer.command({ type: 'Transfer', ...fields })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }),
    )
  })

  test('over several aggregates keeps nothing of the JSON that it was revived from', () => {
    const json = { type: 'Transfer', aggregates: { from: { ...target }, to: { ...both.to } } }
    const command = Transfer.command(json)
    json.aggregates.from.aggregateId = 'changed'
    expect(command.aggregates.from).toEqual(target)
  })

  test('is known by its definition across copies of the package', () => {
    const [key] = Object.getOwnPropertySymbols(Account.commands.Close('DE1'))
    expect(key).toBe(Symbol.for('eventmill.commandDefinition'))
  })
})

describe('options of a command', () => {
  test.each<[() => unknown, string]>([
    [() => Account.commands.Close('DE1', undefined, { comandId: 'x' } as object), 'options.comandId'],
    [
      () => Transfer({ from: 'DE1', to: 'DE2' }, { cents: 1 }, { comandId: 'x' } as object),
      'options.comandId',
    ],
    [
      () => Transfer({ from: 'DE1', to: 'DE2' }, { cents: 1 }, { generation: { form: 5 } } as object),
      'options.generation.form',
    ],
    [
      () => Transfer({ from: 'DE1', to: 'DE2' }, { cents: 1 }, { generation: 5 } as object),
      'options.generation',
    ],
    [() => Transfer({ from: 'DE1', to: 'DE2', too: 'DE3' } as never, { cents: 1 }), 'ids.too'],
  ])('that are none are refused', (create, argument) => {
    expect(create).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }))
  })
})

describe('defineAggregate', () => {
  test('names the stream of each such aggregate', () => {
    expect(Account.stream('DE1')).toEqual({ aggregateType: 'Account', aggregateId: 'DE1' })
    expect(() => Account.stream('')).toThrow(expect.objectContaining({ argument: 'aggregateId' }))
  })

  const initialize = (_id: string) => 0
  const zero = () => 0

  test('refuses a type of event that is not applied', () => {
    const apply = { Opened: zero, Deposited: zero, Withdrawn: zero } as never
    expect(() =>
      defineAggregate({ type: 'A', events: accountEvents, initialize, apply, handle: {} }),
    ).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        definition: 'A',
        message: 'the aggregate A does not apply Closed of https://example.com/account: add it to apply',
      }),
    )
  })

  const whole = { Opened: zero, Deposited: zero, Withdrawn: zero, Closed: zero }
  test.each<[string, object, string]>([
    ['no events', { events: undefined }, 'has no events'],
    ['no apply', { apply: undefined }, 'has no apply'],
    ['no handle', { handle: undefined }, 'has no handle'],
    ['no initialize', { initialize: undefined }, 'has no initialize'],
    ['an applier for no type', { apply: { ...whole, Depositd: zero } }, 'applies Depositd'],
    ['a handler that is none', { handle: { Close: {} } }, 'has no function to handle Close'],
  ])('refuses a definition with %s', (_, part, message) => {
    const definition = { type: 'A', events: accountEvents, initialize, apply: whole, handle: {}, ...part }
    expect(() => defineAggregate(definition as never)).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining(message) }),
    )
  })

  test('refuses the same namespace twice', () => {
    const again = defineEvents('https://example.com/account', { Opened: event<{ limit: number }>() })
    const apply = { Opened: zero, Deposited: zero, Withdrawn: zero, Closed: zero }
    expect(() =>
      defineAggregate({ type: 'A', events: [accountEvents, again], initialize, apply, handle: {} }),
    ).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })

  test('refuses a type that cannot name a stream', () => {
    expect(() => defineAggregate({ type: '', events: [], initialize, apply: {}, handle: {} })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'type' }),
    )
  })

  test('tells types of the same name apart by their namespace', async () => {
    const cardEvents = defineEvents('https://example.com/card', { Opened: event<{ pin: string }>() })
    const shopEvents = defineEvents('https://example.com/shop', { Opened: event<{ city: string }>() })
    const Kiosk = defineAggregate({
      type: 'Kiosk',
      events: [cardEvents, shopEvents],
      initialize: (_id: number): readonly string[] => [],
      apply: {
        Opened: (seen, event) => [
          ...seen,
          event.source === cardEvents.source ? event.data.pin : event.data.city,
        ],
      },
      handle: { Open: () => [shopEvents.Opened({ city: 'Bern' }), cardEvents.Opened({ pin: '1234' })] },
    })
    const core = new Core(new InMemoryStore())
    expect(await core.dispatchCommand(Kiosk.commands.Open(7))).toEqual({
      aggregateId: 7,
      generation: 2,
      position: 2,
      state: ['Bern', '1234'],
    })
    expect(await core.load(Kiosk, 7)).toHaveProperty('state', ['Bern', '1234'])
  })
})

describe('defineCommand', () => {
  test.each<[string, object, string]>([
    ['no aggregates', { aggregates: {} }, 'names no aggregates'],
    ['a role without an aggregate', { aggregates: { from: Account, to: undefined } }, 'no aggregate for to'],
    ['no handler', { aggregates: { from: Account } }, 'no function to handle it'],
  ])('refuses a command with %s', (_, part, message) => {
    expect(() => defineCommand({ type: 'Odd', ...part } as never)).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        definition: 'Odd',
        message: expect.stringContaining(message),
      }),
    )
  })

  test('refuses a type that is no name', () => {
    expect(() => defineCommand({ type: '', aggregates: { a: Account }, handle: () => ({}) })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'type' }),
    )
  })

  test('gives the creator its aggregates by role', () => {
    const aggregates = { first: Account, second: Account }
    expect(defineCommand({ type: 'Both', aggregates, handle: () => ({}) }).aggregates).toBe(aggregates)
  })

  test('takes a role that is named like a member of every object', async () => {
    const Odd = defineCommand({
      type: 'Odd',
      aggregates: { constructor: Account, toString: Account },
      handle: () => ({ toString: accountEvents.Closed() }) as never,
    })
    const ids = { constructor: 'DE1', toString: 'DE2' }
    const { constructor, toString } = await new Core(new InMemoryStore()).dispatchCommand(Odd(ids))
    expect([constructor.generation, toString.generation]).toEqual([0, 1])
  })
})

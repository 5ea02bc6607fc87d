// Nothing here runs: the type check of the tests proves what must compile, and with `@ts-expect-error` what must not.
import {
  type Command,
  Core,
  defineAggregate,
  defineCommand,
  defineEvents,
  type DomainEvent,
  event,
  type EventNamespace,
  type EventOf,
  type IdOf,
  type Middleware,
  type NewEvent,
  type StateOf,
  subscribe,
  type VersionedAggregate,
} from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { expectTypeOf } from 'expect-type'
import { Account, accountEvents, type AccountState, type Limits, Transfer } from './fixtures/account.ts'

const store = new InMemoryStore()
const core = new Core(store)
const limits: Limits = { ask: () => Promise.resolve(true) }

// ---- events

expectTypeOf(accountEvents.source).toEqualTypeOf<'https://example.com/account'>()
expectTypeOf<Parameters<typeof accountEvents.Deposited>>().toEqualTypeOf<[data: { cents: number }]>()
expectTypeOf<EventOf<typeof accountEvents>['type']>().toEqualTypeOf<
  'Opened' | 'Deposited' | 'Withdrawn' | 'Closed'
>()
accountEvents.Closed()
// @ts-expect-error the payload is missing
accountEvents.Deposited()
// @ts-expect-error the payload is wrong
accountEvents.Deposited({ cents: '5' })
// @ts-expect-error no such type
accountEvents.Burnt()

export const byHand: EventNamespace<'urn:x:hand', { Made: { n: number } }> = defineEvents('urn:x:hand', {
  Made: event<{ n: number }>(),
})
expectTypeOf<ReturnType<typeof byHand.Made>>().toEqualTypeOf<NewEvent<'urn:x:hand', 'Made', { n: number }>>()

// ---- commands and what their dispatch returns

expectTypeOf<StateOf<typeof Account>>().toEqualTypeOf<AccountState>()
expectTypeOf<IdOf<typeof Account>>().toEqualTypeOf<string>()

const deposited = await core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 5 }))
expectTypeOf(deposited).toEqualTypeOf<VersionedAggregate<string, AccountState>>()
await core.dispatchCommand(Account.commands.Close('DE1'))
await core.dispatchCommand(
  Account.commands.Close('DE1', undefined, { generation: 3, commandId: 'c', metadata: { a: 1 } }),
)
await core.dispatchCommand(Account.commands.Check('DE1'), { context: limits })
await core.dispatchCommand(Account.commands.Check('DE1', { max: 5 }), { context: limits })
await core.dispatchCommand(Account.command({}), { context: limits })

// @ts-expect-error the data is missing
Account.commands.Deposit('DE1')
// @ts-expect-error the data is wrong
Account.commands.Deposit('DE1', { cent: 5 })
// @ts-expect-error the id is wrong
Account.commands.Close(7)
// @ts-expect-error no such command
Account.commands.Burn('DE1')
// @ts-expect-error the handler wants its context
await core.dispatchCommand(Account.commands.Check('DE1'))
// @ts-expect-error the context is wrong
await core.dispatchCommand(Account.commands.Check('DE1'), { context: {} })
// @ts-expect-error the context is wrong
await core.dispatchCommand(Account.command({}), { context: 5 })
// @ts-expect-error no context is no context
await core.dispatchCommand(Account.commands.Check('DE1'), { context: undefined })
await core.dispatchCommand(
  [Account.commands.Close('DE1'), Account.commands.Check('DE1')][0] ?? Account.command({}),
  {
    context: limits,
  },
)
// @ts-expect-error some handler wants its context
await core.dispatchCommand(Account.command({}))
// @ts-expect-error plain JSON is revived first
await core.dispatchCommand({ aggregateType: 'Account', aggregateId: 'DE1', type: 'Close', data: undefined })

// ---- whichever of several commands is dispatched

const closing = Account.commands.Close('DE1')
const transferring = Transfer({ from: 'DE1', to: 'DE2' }, { cents: 5 })
const either = await core.dispatchCommand(Math.random() < 0.5 ? closing : transferring)
expectTypeOf(either).toEqualTypeOf<
  | VersionedAggregate<string, AccountState>
  | { readonly [Role in 'from' | 'to']: VersionedAggregate<string, AccountState> }
>()
const checking = Account.commands.Check('DE1')
await core.dispatchCommand(Math.random() < 0.5 ? transferring : checking, { context: limits })
// @ts-expect-error one of them wants its context
await core.dispatchCommand(Math.random() < 0.5 ? transferring : checking)

export async function dispatched<Result>(command: Command<Result>): Promise<Result> {
  return core.dispatchCommand(command)
}

const { from, to } = await core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 5 }))
expectTypeOf(from).toEqualTypeOf<VersionedAggregate<string, AccountState>>()
expectTypeOf(to).toEqualTypeOf<VersionedAggregate<string, AccountState>>()
expectTypeOf(Transfer.aggregates).toEqualTypeOf<{ from: typeof Account; to: typeof Account }>()
Transfer({ from: 'DE1', to: 'DE2' }, { cents: 5 }, { generation: { from: 3 } })
// @ts-expect-error a role is missing
Transfer({ from: 'DE1' }, { cents: 5 })
// @ts-expect-error no such role
Transfer({ from: 'DE1', to: 'DE2' }, { cents: 5 }, { generation: { via: 3 } })

const past = await core.load(Account, 'DE1', { generation: 2 })
expectTypeOf(past).toEqualTypeOf<VersionedAggregate<string, AccountState>>()
// @ts-expect-error the id is wrong
await core.load(Account, 7)

// ---- aggregates

const initialize = (_iban: string): AccountState => ({ status: 'new', balance: 0, limit: 0 })
const whole = {
  Opened: (account: AccountState) => account,
  Deposited: (account: AccountState) => account,
  Withdrawn: (account: AccountState) => account,
  Closed: (account: AccountState) => account,
}
const { Closed: _closed, ...partial } = whole

export const missing = defineAggregate({
  type: 'A',
  events: accountEvents,
  initialize,
  // @ts-expect-error Closed is not applied
  apply: partial,
  handle: {},
})

export const misspelt = defineAggregate({
  type: 'A',
  events: accountEvents,
  initialize,
  apply: {
    ...whole,
    // @ts-expect-error no such status
    Closed: (account) => ({ ...account, status: 'closd' }),
  },
  handle: {},
})

export const foreign = defineAggregate({
  type: 'A',
  events: accountEvents,
  initialize,
  apply: whole,
  handle: {
    // @ts-expect-error an event of another namespace
    Do: () => byHand.Made({ n: 1 }),
  },
})

const forgotten = defineAggregate({
  type: 'A',
  events: accountEvents,
  initialize,
  apply: whole,
  handle: {
    Pass: (_account, command) => accountEvents.Deposited(command),
    // @ts-expect-error a parameter without a type has no properties
    Use: (_account, command) => accountEvents.Deposited({ cents: command.cents }),
    Ask: (_account, _command: undefined, context) => accountEvents.Deposited(context),
  },
})
// @ts-expect-error "annotate the handler's second parameter with the type of the command's data"
forgotten.commands.Pass('DE1', { cents: 5 })
// @ts-expect-error "annotate the handler's third parameter with the type of its context"
await core.dispatchCommand(forgotten.commands.Ask('DE1'), { context: { cents: 5 } })

// ---- states of every kind

const toggleEvents = defineEvents('https://example.com/toggle', { On: event<{ at: number }>(), Off: event() })

type Toggle = { readonly status: 'off' } | { readonly status: 'on'; readonly at: number }
export const ofUnion = defineAggregate({
  type: 'Toggle',
  events: toggleEvents,
  initialize: (_id: string): Toggle => ({ status: 'off' }),
  apply: {
    On: (_toggle, { data }) => ({ status: 'on', at: data.at }),
    Off: (_toggle) => ({ status: 'off' }),
  },
  handle: { Flip: (toggle) => (toggle.status === 'on' ? toggleEvents.Off() : [toggleEvents.On({ at: 1 })]) },
})

export const ofWidened = defineAggregate({
  type: 'Toggle',
  events: toggleEvents,
  initialize: (_id: string): 'on' | 'off' => 'off',
  // @ts-expect-error an applier without parameters is typed before the state is known: write (_toggle) => 'on'
  apply: { On: () => 'on', Off: (_toggle) => 'off' },
  handle: {},
})

export const ofNullable = defineAggregate({
  type: 'Toggle',
  events: [toggleEvents],
  initialize: (): Toggle | undefined => undefined,
  apply: { On: (_toggle, { data }) => ({ status: 'on', at: data.at }), Off: () => undefined },
  handle: { Flip: (toggle) => (toggle === undefined ? toggleEvents.On({ at: 1 }) : []) },
})
const flipped = await core.dispatchCommand(ofNullable.commands.Flip('T'))
expectTypeOf(flipped.state).toEqualTypeOf<Toggle | undefined>()

export const ofPrimitive = defineAggregate({
  type: 'Toggle',
  events: toggleEvents,
  initialize: (_id: number) => 0,
  apply: { On: (count) => count + 1, Off: () => 0 },
  handle: {
    Flip: (count, _command: undefined, max: number) => (count > max ? [] : toggleEvents.On({ at: count })),
  },
})
expectTypeOf<IdOf<typeof ofPrimitive>>().toEqualTypeOf<number>()
await core.dispatchCommand(ofPrimitive.commands.Flip(7), { context: 3 })

const otherEvents = defineEvents('https://example.com/other', { On: event<{ by: string }>() })
export const ofTwoNamespaces = defineAggregate({
  type: 'Toggle',
  events: [toggleEvents, otherEvents],
  initialize: (_id: string): string => '',
  apply: {
    On: (_state, event) =>
      event.source === 'https://example.com/other' ? event.data.by : String(event.data.at),
    Off: () => '',
  },
  handle: { Flip: () => [otherEvents.On({ by: 'me' }), toggleEvents.On({ at: 1 })] },
})

export const Mixed = defineCommand({
  type: 'Mixed',
  aggregates: { text: ofUnion, count: ofPrimitive },
  handle: async ({ text, count }, _command: undefined, context: { limit: number }) => {
    expectTypeOf(text).toEqualTypeOf<Toggle>()
    expectTypeOf(count).toEqualTypeOf<number>()
    await Promise.resolve(context.limit)
    return { text: [], count: toggleEvents.Off() }
  },
})
const mixed = await core.dispatchCommand(Mixed({ text: 'T', count: 7 }), { context: { limit: 1 } })
expectTypeOf(mixed.count).toEqualTypeOf<VersionedAggregate<number, number>>()

export const Strange = defineCommand({
  type: 'Strange',
  aggregates: { text: ofUnion },
  // @ts-expect-error an event of another namespace
  handle: () => ({ text: accountEvents.Closed() }),
})

// ---- subscriptions

for await (const event of subscribe(store, { events: accountEvents, after: deposited.position })) {
  if (event.type === 'Opened') expectTypeOf(event.data).toEqualTypeOf<{ limit: number }>()
  expectTypeOf(event.type).toEqualTypeOf<'Opened' | 'Deposited' | 'Withdrawn' | 'Closed'>()
}
for await (const { events, position } of subscribe(store, { events: [accountEvents, byHand] }).batches()) {
  expectTypeOf(position).toEqualTypeOf<number>()
  for (const event of events) {
    if (event.type === 'Made') expectTypeOf(event.data).toEqualTypeOf<{ n: number }>()
  }
}
for await (const event of subscribe(store, { filter: [{ types: ['Opened'] }] })) {
  expectTypeOf(event).toEqualTypeOf<DomainEvent>()
}
for await (const event of subscribe(store)) expectTypeOf(event).toEqualTypeOf<DomainEvent>()

// ---- middleware

export const authorise: Middleware = (command, next) => {
  expectTypeOf(command.aggregateType).toEqualTypeOf<string | undefined>()
  expectTypeOf(command.aggregates?.from?.aggregateId).toEqualTypeOf<string | number | undefined>()
  return next()
}

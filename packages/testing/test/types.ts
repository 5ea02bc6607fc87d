// Nothing here runs: the type check of the tests proves what must compile, and with `@ts-expect-error` what must not.
import { defineAggregate, defineCommand, defineEvents, event, type EventStore } from '@eventmill/core'
import { everySchedule, scenario } from '@eventmill/testing'
import { Account, accountEvents, type Limits, Transfer } from '../../core/test/fixtures/account.ts'
import { defineProjection } from '../../projections/src/index.ts'

declare const limits: Limits
declare const store: EventStore

await scenario(Account, 'DE1')
  .given(accountEvents.Deposited({ cents: 5 }))
  .when(Account.commands.Close('DE1'))
  .decides(accountEvents.Closed())
await scenario(Account, 'DE1').when(Account.commands.Check('DE1'), { context: limits }).decides()

// @ts-expect-error the handler asks for a context
scenario(Account, 'DE1').when(Account.commands.Check('DE1'))
// @ts-expect-error no event of accounts
scenario(Account, 'DE1').given({ source: 'urn:x:other', type: 'Burnt', version: 1, data: {} })
// @ts-expect-error ids of accounts are text
scenario(Account, 7)

// What was stored in an older version has other data.
const stored = { source: accountEvents.source, type: 'Opened', version: 1, data: { euros: 5 } } as const
scenario(Account, 'DE1').given(accountEvents.Closed(), stored)
scenario(Account, 'DE1').given({ ...stored, metadata: { user: 'ada' } })
// Written down before, its type is any text.
const old = { source: accountEvents.source, type: 'Opened', version: 1, data: { euros: 5 } }
scenario(Account, 'DE1').given(accountEvents.Closed(), old)
// @ts-expect-error an event of others, with a type that accounts have as well
scenario(Account, 'DE1').given({ ...old, source: 'urn:x:other' })
// @ts-expect-error a stored event has a version
scenario(Account, 'DE1').given({ source: accountEvents.source, type: 'Opened', data: {} })
// @ts-expect-error nothing is decided in an older version
await scenario(Account, 'DE1').when(Account.commands.Close('DE1')).decides(stored)
// @ts-expect-error a command over several aggregates
scenario(Account, 'DE1').when(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 5 }))

// ---- several aggregates

const ids = { from: 'DE1', to: 'DE2' }
const transfer = Transfer(ids, { cents: 5 })
scenario(Transfer, ids).given({ from: [old, accountEvents.Closed()], to: old })
const given = scenario(Transfer, ids).given({ from: accountEvents.Deposited({ cents: 5 }), to: [] })
await given
  .when(transfer)
  .decides({ from: [accountEvents.Withdrawn({ cents: 5 })], to: accountEvents.Deposited({ cents: 5 }) })
await given.when(Transfer.command({})).decides()
await scenario(Transfer, ids).when(transfer).rejects('STREAM_REPEATED')

// @ts-expect-error a role is missing
scenario(Transfer, { from: 'DE1' })
// @ts-expect-error no such role
scenario(Transfer, { from: 'DE1', to: 'DE2', via: 'DE3' })
// @ts-expect-error ids of accounts are text
scenario(Transfer, { from: 'DE1', to: 7 })
// @ts-expect-error no such role
scenario(Transfer, ids).given({ via: [] })
// @ts-expect-error events come by role
scenario(Transfer, ids).given(accountEvents.Deposited({ cents: 5 }))
// @ts-expect-error no such role
await given.when(transfer).decides({ via: [] })
// @ts-expect-error a command to one of them
given.when(Account.commands.Close('DE1'))

const doorEvents = defineEvents('https://example.com/door', { Locked: event<{ by: string }>() })
const keyEvents = defineEvents('https://example.com/key', { Turned: event() })
const Door = defineAggregate({
  type: 'Door',
  events: [doorEvents, keyEvents],
  initialize: (_number: number) => false,
  apply: { Locked: (_locked) => true, Turned: (locked) => !locked },
  handle: {},
})
const Lock = defineCommand({
  type: 'Lock',
  aggregates: { door: Door, account: Account },
  handle: async (_states, _data: undefined, limits: Limits) =>
    (await limits.ask(1)) ? { door: doorEvents.Locked({ by: 'me' }) } : {},
})
const lock = Lock({ door: 7, account: 'DE1' })
const closed = scenario(Lock, { door: 7, account: 'DE1' }).given({
  door: [keyEvents.Turned(), doorEvents.Locked({ by: 'me' })],
  account: accountEvents.Closed(),
})
await closed.when(lock, { context: limits }).decides({ door: doorEvents.Locked({ by: 'me' }) })

// @ts-expect-error the handler asks for a context
closed.when(lock)
// @ts-expect-error the context is wrong
closed.when(lock, { context: 5 })
// @ts-expect-error a command over other aggregates
closed.when(transfer)
// @ts-expect-error an event of the other role
await closed.when(lock, { context: limits }).decides({ account: doorEvents.Locked({ by: 'me' }) })
// @ts-expect-error an event of the other role, in a list
scenario(Lock, { door: 7, account: 'DE1' }).given({ door: [accountEvents.Closed()] })

// ---- races

const race = { prepare: () => store, commands: [(own: EventStore) => own.head()] }
await everySchedule({ ...race, check: () => undefined, schedule: [1, '1.2', '2!'] })
await everySchedule({ ...race, check: (after) => after.close() })

// @ts-expect-error a check throws where something is wrong
await everySchedule({ ...race, check: () => false })
// @ts-expect-error a check throws where something is wrong, also later
await everySchedule({ ...race, check: async () => false })
// @ts-expect-error no such option
await everySchedule({ ...race, check: () => undefined, sead: 3 })

// ---- projections

const turnover = defineProjection({
  name: 'turnover',
  version: 1,
  events: accountEvents,
  handle: {
    Deposited: ({ time, data }, days: Map<string, number>) => {
      days.set(time, data.cents)
    },
  },
})
const stream = Account.stream('DE1')
const earned = scenario(turnover, () => new Map()).given(
  { stream, events: [accountEvents.Deposited({ cents: 5 })], time: '2026-01-31' },
  { stream, events: [], time: new Date() },
)
await earned.results(new Map([['2026-01-31', 5]]))
await earned.results((days) => {
  days.clear()
})
await scenario(turnover, () => Promise.resolve(new Map<string, number>())).results(async (days) => {
  await Promise.resolve(days.get('2026-01-31')?.toFixed())
})

// @ts-expect-error a target is made anew
scenario(turnover, new Map())
// @ts-expect-error another target
scenario(turnover, () => new Set())
// @ts-expect-error another target
scenario(turnover, () => new Map<string, string>())
// @ts-expect-error another result
await earned.results(new Map([['2026-01-31', '5']]))
// @ts-expect-error it throws where something is wrong
await earned.results((days) => days.has('2026-01-31'))
// @ts-expect-error the stream is missing
scenario(turnover, () => new Map()).given({ events: [] })
// @ts-expect-error no command comes to a projection
earned.when(Account.commands.Close('DE1'))

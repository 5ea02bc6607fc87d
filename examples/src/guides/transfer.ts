import { Core, defineAggregate, defineCommand, defineEvents, event } from '@eventmill/core'
import { defineProjection, InMemoryProjectionStore, Projections } from '@eventmill/projections'
import { InMemoryStore } from '@eventmill/store-memory'

const accountEvents = defineEvents('https://example.com/account', {
  Sent: event<{ cents: number; to: string }>(),
  Received: event<{ cents: number; from: string }>(),
})

const Account = defineAggregate({
  type: 'Account',
  events: accountEvents,
  // The id goes into the state, for those who decide by it.
  initialize: (iban: string) => ({ iban, balance: 0 }),
  apply: {
    Sent: (account, { data }) => ({ ...account, balance: account.balance - data.cents }),
    Received: (account, { data }) => ({ ...account, balance: account.balance + data.cents }),
  },
  handle: {},
})

const Transfer = defineCommand({
  type: 'Transfer',
  aggregates: { from: Account, to: Account },
  handle: ({ from, to }, { cents }: { cents: number }) => ({
    from: accountEvents.Sent({ cents, to: to.iban }),
    to: accountEvents.Received({ cents, from: from.iban }),
  }),
})

const statement = defineProjection({
  name: 'statement',
  version: 1,
  events: accountEvents,
  handle: {
    Sent: ({ aggregateId, data }, lines: string[]) => {
      lines.push(`${aggregateId}: ${data.cents} to ${data.to}`)
    },
    Received: ({ aggregateId, data }, lines) => {
      lines.push(`${aggregateId}: ${data.cents} from ${data.from}`)
    },
  },
})

const store = new InMemoryStore()
const lines: string[] = []
const readSide = new InMemoryProjectionStore(lines)
const projections = new Projections(store, { into: readSide, projections: [statement] })
await projections.start()

const core = new Core(store)
const result = await core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 500 }))
const position = Math.max(...Object.values(result).map(({ position }) => position))
await projections.waitFor(statement, position)
console.log(lines.join('\n'))
await projections.stop()

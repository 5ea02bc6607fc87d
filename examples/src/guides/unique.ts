import { Core, defineAggregate, defineCommand, defineEvents, event } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'

const accountEvents = defineEvents('https://example.com/account', { SignedUp: event<{ email: string }>() })
const emailEvents = defineEvents('https://example.com/email', { Claimed: event<{ account: string }>() })

const Account = defineAggregate({
  type: 'Account',
  events: accountEvents,
  initialize: (id: string) => ({ id }),
  apply: { SignedUp: (account) => account },
  handle: {},
})

const Email = defineAggregate({
  type: 'Email',
  events: emailEvents,
  initialize: (_address: string) => ({ taken: false }),
  apply: { Claimed: () => ({ taken: true }) },
  handle: {},
})

const SignUp = defineCommand({
  type: 'SignUp',
  aggregates: { account: Account, email: Email },
  handle: ({ account, email }, data: { email: string }) => {
    if (email.taken) throw new Error(`${data.email} has an account already`)
    return { account: accountEvents.SignedUp(data), email: emailEvents.Claimed({ account: account.id }) }
  },
})

const core = new Core(new InMemoryStore())
const signUp = (account: string, email: string) => core.dispatchCommand(SignUp({ account, email }, { email }))
const race = await Promise.allSettled([signUp('1', 'ada@example.com'), signUp('2', 'ada@example.com')])
for (const { status } of race) console.log(status)

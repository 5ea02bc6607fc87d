import { type Command, Core, type EventStore } from '@eventmill/core'
import { z } from 'zod'
import { Account } from './account.ts'
import { euros } from './money.ts'
import { Transfer } from './transfer.ts'

/** Two people and their bank: what it does for them, what it refuses, and the statements that it sends. */
export async function run(store: EventStore, print: (line: string) => void): Promise<void> {
  const core = new Core(store)
  const { Open, Deposit, Withdraw, Close } = Account.commands
  const [ada, ben] = ['DE01', 'DE02']

  await core.dispatchCommand(Open(ada, { owner: 'Ada', limit: 500_00 }))
  await core.dispatchCommand(Open(ben, { owner: 'Ben', limit: 0 }))
  await core.dispatchCommand(Deposit(ada, { cents: 100_00 }))
  await core.dispatchCommand(Transfer({ from: ada, to: ben }, { cents: 570_00 }))

  const tea = Transfer({ from: ada, to: ben }, { cents: 30_00 }, { commandId: 'tea in May' })
  await core.dispatchCommand(tea)
  print('Ada sends Ben the last of her money and of her credit. No answer comes, so she sends it again.')
  const { from } = await core.dispatchCommand(tea)
  print(`It was applied once: she stands at ${euros(from.state.balance)}, her limit.\n`)

  const attempt = async (what: string, command: Command<unknown, undefined>) => {
    try {
      await core.dispatchCommand(command)
      print(`${what}: done`)
    } catch (error) {
      print(`${what}: ${String(error)}`)
    }
  }
  await attempt('Ada withdraws another cent', Withdraw(ada, { cents: 1 }))
  await attempt('Ada deposits less than nothing', Deposit(ada, { cents: -5 }))
  await attempt('Ben closes his account', Close(ben))
  await attempt('Ben withdraws all of it', Withdraw(ben, { cents: 600_00 }))
  await attempt('Ben closes his account', Close(ben))
  await attempt('Ada sends him more', Transfer({ from: ada, to: ben }, { cents: 1 }))

  for (const iban of [ada, ben]) print(`\n${await statement(store, iban)}`)
}

/** Every event of an account, with the balance as it was after it. What was refused has left no trace. */
async function statement(store: EventStore, iban: string): Promise<string> {
  const core = new Core(store)
  const { state } = await core.load(Account, iban)
  const lines = [`${iban}, ${state.owner}, limit ${euros(state.limit)}`]
  for await (const event of store.readStream(Account.stream(iban))) {
    const { balance } = (await core.load(Account, iban, { generation: event.sequence })).state
    const { cents, from, to } = Booking.parse(event.data)
    lines.push(
      [
        String(event.sequence).padStart(3),
        event.type.padEnd(9),
        (from ?? to ?? '').padEnd(4),
        (cents === undefined ? '' : euros(cents)).padStart(8),
        euros(balance).padStart(9),
      ].join('  '),
    )
  }
  return lines.join('\n')
}

/** What a statement shows of an event's payload. */
const Booking = z.object({
  cents: z.number().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
})

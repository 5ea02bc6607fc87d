import { describe, expect, test } from '@jest/globals'
import { Core, type EventStore } from '@eventmill/core'
import { everySchedule } from '@eventmill/testing'
import { InMemoryStore } from '@eventmill/store-memory'
import { Account, accountEvents, Transfer } from '../../core/test/fixtures/account.ts'

const withdraw = (store: EventStore) =>
  new Core(store).dispatchCommand(Account.commands.Withdraw('DE1', { cents: 5 }))

/** It appends what it has decided on whatever it has read, without asking whether that still holds. */
const withdrawCarelessly = async (store: EventStore) => {
  const { state } = await new Core(store).load(Account, 'DE1')
  if (state.balance < 5) throw new Error('too little')
  const stream = Account.stream('DE1')
  await store.append([{ stream, expected: 'any', events: [accountEvents.Withdrawn({ cents: 5 })] }])
}

async function richStore(): Promise<EventStore> {
  const store = new InMemoryStore()
  const events = [accountEvents.Deposited({ cents: 5 })]
  await store.append([{ stream: Account.stream('DE1'), expected: 0, events }])
  return store
}

async function neverOverdrawn(store: EventStore): Promise<void> {
  const { state } = await new Core(store).load(Account, 'DE1')
  if (state.balance < 0) throw new Error(`overdrawn: ${state.balance}`)
}

describe('every schedule', () => {
  test('of two commands is tried, and none breaks what core guards', async () => {
    const outcomes = new Set<string>()
    const tried = await everySchedule({
      prepare: richStore,
      commands: [withdraw, withdraw],
      check: async (store, results) => {
        outcomes.add(results.map(({ status }) => status).join())
        await neverOverdrawn(store)
      },
    })
    expect(tried).toEqual({ schedules: 6, all: true })
    expect([...outcomes].sort()).toEqual(['fulfilled,rejected', 'rejected,fulfilled'])
  })

  test('shows the one in which careless commands overdraw an account', async () => {
    const race = {
      prepare: richStore,
      commands: [withdrawCarelessly, withdrawCarelessly],
      check: neverOverdrawn,
    }
    const message = [
      'the check fails with schedule [1, 2, 1, 2]: overdrawn: -5',
      '  1 reads Account "DE1"',
      '  2 reads Account "DE1"',
      '  1 appends Withdrawn to Account "DE1" (expected any)',
      '  2 appends Withdrawn to Account "DE1" (expected any)',
      '  1 succeeds',
      '  2 succeeds',
    ].join('\n')
    await expect(everySchedule(race)).rejects.toThrow(message)
    await expect(everySchedule({ ...race, schedule: [1, 2, 1, 2] })).rejects.toThrow(message)
    expect(await everySchedule({ ...race, schedule: [1, 1, 2] })).toEqual({ schedules: 1, all: false })
  })

  test('of commands over several aggregates is tried as well', async () => {
    const transfer = (from: string, to: string) => (store: EventStore) =>
      new Core(store).dispatchCommand(Transfer({ from, to }, { cents: 5 }))
    const { all } = await everySchedule({
      prepare: richStore,
      commands: [transfer('DE1', 'DE2'), transfer('DE1', 'DE3')],
      check: async (store) => {
        const core = new Core(store)
        const balances = await Promise.all(['DE1', 'DE2', 'DE3'].map((id) => core.load(Account, id)))
        expect(balances.map(({ state }) => state.balance).sort()).toEqual([0, 0, 5])
      },
      limit: 10_000,
    })
    expect(all).toBe(true)
  })

  test('is drawn at random where there are too many, by a seed', async () => {
    const drawn = async () => {
      const ends: string[] = []
      const tried = await everySchedule({
        prepare: richStore,
        commands: [withdraw, withdraw, withdraw],
        check: (_, outcomes) => {
          ends.push(outcomes.map(({ status }) => status).join())
        },
        limit: 5,
        seed: 7,
      })
      expect(tried).toEqual({ schedules: 10, all: false })
      return ends
    }
    expect(await drawn()).toEqual(await drawn())
  })

  test('that names a command whose turn it cannot be is refused', async () => {
    const race = { prepare: richStore, commands: [withdraw], check: () => undefined, schedule: [2] }
    await expect(everySchedule(race)).rejects.toThrow('one in which step 1 is that of command 1')
  })

  test('says which way a command ends', async () => {
    const failing = () => Promise.reject(new Error('no'))
    const check = () => {
      throw new Error('wrong')
    }
    const told = everySchedule({ prepare: richStore, commands: [failing], check })
    await expect(told).rejects.toThrow('the check fails with schedule []: wrong\n  1 fails: no')
  })
})

import { describe, expect, test } from '@jest/globals'
import { Core, defineCommand, type EventStore, hasCode } from '@eventmill/core'
import { everySchedule, type Race } from '@eventmill/testing'
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
    const outcomes: string[] = []
    const tried = await everySchedule({
      prepare: richStore,
      commands: [withdraw, withdraw],
      check: async (store, results) => {
        outcomes.push(results.map(({ status }) => status).join())
        await neverOverdrawn(store)
      },
    })
    expect(tried).toEqual({ schedules: 4, all: true })
    const [firstWins, secondWins] = ['fulfilled,rejected', 'rejected,fulfilled']
    expect(outcomes.sort()).toEqual([firstWins, firstWins, secondWins, secondWins])
  })

  test('is one where commands do not touch each other, and they are run once', async () => {
    const look = (store: EventStore) => new Core(store).load(Account, 'DE2')
    let checks = 0
    const check = () => {
      checks++
    }
    const tried = await everySchedule({ prepare: richStore, commands: [withdraw, look], check })
    expect(tried).toEqual({ schedules: 1, all: true })
    expect(checks).toBe(1)
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
    })
    expect(all).toBe(true)
  })

  test.each([
    [['DE1'], 4, 30],
    [['DE1', 'DE2'], 8, 110],
    [['DE1', 'DE2', 'DE3'], 16, 414],
  ])(
    'of two commands over %j is one of few, also where answers are lost',
    async (ids, few, withLostAnswers) => {
      const DepositAll = defineCommand({
        type: 'DepositAll',
        aggregates: Object.fromEntries(ids.map((id) => [id, Account])),
        handle: () => Object.fromEntries(ids.map((id) => [id, accountEvents.Deposited({ cents: 1 })])),
      })
      const deposit = (commandId: string) => async (store: EventStore) => {
        const targets = Object.fromEntries(ids.map((id) => [id, id]))
        const dispatch = () => new Core(store).dispatchCommand(DepositAll(targets, undefined, { commandId }))
        await dispatch().catch((error: unknown) => {
          if (!hasCode(error, 'APPEND_OUTCOME_UNKNOWN')) throw error
          return dispatch()
        })
      }
      const race: Race = {
        prepare: () => new InMemoryStore(),
        commands: [deposit('a'), deposit('b')],
        check: async (store) => {
          const accounts = await Promise.all(ids.map((id) => new Core(store).load(Account, id)))
          expect(accounts.map(({ state }) => state.balance)).toEqual(ids.map(() => 2))
        },
      }
      expect(await everySchedule(race)).toEqual({ schedules: few, all: true })
      const tried = await everySchedule({ ...race, lostAnswers: true })
      expect(tried).toEqual({ schedules: withLostAnswers, all: true })
    },
    30_000,
  )

  test('is drawn at random where there are too many, by a seed', async () => {
    const drawn = async (seed: number) => {
      const schedules: string[] = []
      let steps: number[] = []
      const tried = await everySchedule({
        prepare: () => {
          steps = []
          return new InMemoryStore()
        },
        commands: [1, 2, 3].map((command) => async (store) => {
          for (let step = 0; step < 3; step++) {
            await store.append([
              { stream: Account.stream('DE1'), expected: 'any', events: [accountEvents.Closed()] },
            ])
            steps.push(command)
          }
        }),
        check: () => void schedules.push(steps.join('')),
        limit: 5,
        seed,
      })
      expect(tried).toEqual({ schedules: 10, all: false })
      return schedules
    }
    const [first, again, others] = [await drawn(7), await drawn(7), await drawn(8)]
    expect(again).toEqual(first)
    expect(new Set(first).size).toBe(10)
    expect(others.slice(0, 5)).toEqual(first.slice(0, 5))
    expect(others.slice(5)).not.toEqual(first.slice(5))
  })

  test('that is drawn at random fails the same way when it is tried by itself', async () => {
    let tries = 0
    const race = {
      prepare: () => {
        tries++
        return richStore()
      },
      commands: [withdrawCarelessly, withdrawCarelessly, withdrawCarelessly],
      check: neverOverdrawn,
      limit: 1,
      seed: 1,
    }
    const failure = async (tried: Promise<unknown>): Promise<string> => {
      const [told] = await Promise.allSettled([tried])
      return told.status === 'rejected' ? (told.reason as Error).message : 'none'
    }
    const drawn = await failure(everySchedule(race))
    expect(tries).toBeGreaterThan(race.limit)
    const [, numbers = ''] = /^the check fails with schedule \[(.+)\]: overdrawn/.exec(drawn) ?? []
    const schedule = numbers.split(', ').map(Number)
    expect(await failure(everySchedule({ ...race, schedule }))).toBe(drawn)
    expect(await failure(everySchedule(race))).toBe(drawn)
  })

  test.each([
    ['too short', [1, 2, 1], 'longer: step 4 is that of command 2', [1, 2, 1]],
    ['too long', [1, 2, 1, 2, 2], 'shorter: every command has ended after step 4', [1, 2, 1, 2]],
    ['of a command that has ended', [1, 1, 1], 'one in which step 3 is that of command 2, not of 1', [1, 1]],
    ['of no command', [0], 'one in which step 1 is that of command 1 or 2, not of 0', []],
  ])('that is %s is refused, with the steps so far', async (_, schedule, wanted, taken) => {
    let checks = 0
    const commands = [1, 2].map(() => async (store: EventStore) => {
      await store.head()
      await store.head()
    })
    const check = () => {
      checks++
    }
    const tried = everySchedule({ prepare: richStore, commands, check, schedule })
    await expect(tried).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      argument: 'race.schedule',
      message: [`race.schedule must be ${wanted}`, ...taken.map((one) => `  ${one} asks for the head`)].join(
        '\n',
      ),
    })
    expect(checks).toBe(0)
  })

  test('says which way a command ends', async () => {
    const failing = () => Promise.reject(new Error('no'))
    const check = () => {
      throw new Error('wrong')
    }
    const told = everySchedule({ prepare: richStore, commands: [failing], check })
    const message = 'the check fails with schedule []: wrong\n  1 fails: no'
    await expect(told).rejects.toThrow(message)
    const again = everySchedule({ prepare: richStore, commands: [failing], check, schedule: [] })
    await expect(again).rejects.toThrow(message)
  })
})

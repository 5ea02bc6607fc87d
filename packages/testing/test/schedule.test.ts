import { describe, expect, test } from '@jest/globals'
import { Core, type EventStore, hasCode } from '@eventmill/core'
import { everySchedule, type Race } from '@eventmill/testing'
import { InMemoryStore } from '@eventmill/store-memory'
import { Account, accountEvents, Transfer } from '../../core/test/fixtures/account.ts'

const prepare = () => new InMemoryStore()
const append = (store: EventStore) =>
  store.append([{ stream: Account.stream('DE1'), expected: 'any', events: [accountEvents.Closed()] }])
const lookTwice = async (store: EventStore) => {
  await store.head()
  await store.head()
}
const fine = () => undefined

describe('a command that makes several calls at once', () => {
  const transfer = (store: EventStore) =>
    new Core(store).dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 0 }))

  /** What a reader sees of both accounts, `a` of the first. */
  const race = (seen: Set<string>): Race => {
    const look = async (store: EventStore) => {
      const core = new Core(store)
      const [a, b] = await Promise.all([core.load(Account, 'DE1'), core.load(Account, 'DE2')])
      seen.add(`${a.generation},${b.generation}`)
      if (a.generation > b.generation) throw new Error('torn')
    }
    const write = async (store: EventStore) => {
      const appends = ['DE1', 'DE2'].map((id) => {
        return { stream: Account.stream(id), expected: 0, events: [accountEvents.Deposited({ cents: 1 })] }
      })
      await store.append(appends)
    }
    const check: Race['check'] = (_store, [looked]) => {
      if (looked?.status === 'rejected') throw looked.reason as Error
    }
    return { prepare, commands: [look, write], check }
  }

  test('has them taken in every order', async () => {
    const seen = new Set<string>()
    const check = () => undefined
    expect(await everySchedule({ ...race(seen), check })).toEqual({ schedules: 4, all: true })
    expect([...seen].sort()).toEqual(['0,0', '0,1', '1,0', '1,1'])
  })

  test('fails with a schedule that says which call came first, and that can be tried again', async () => {
    const message = [
      "the check fails with schedule ['1.2', 2, 1]: torn",
      '  1.2 reads Account "DE2"',
      '  2 appends Deposited to Account "DE1" (expected 0) and appends Deposited to Account "DE2" (expected 0)',
      '  1 reads Account "DE1"',
      '  1 fails: torn',
      '  2 succeeds',
    ].join('\n')
    await expect(everySchedule(race(new Set()))).rejects.toThrow(message)
    const again = everySchedule({ ...race(new Set()), schedule: ['1.2', 2, 1] })
    await expect(again).rejects.toThrow(message)
  })

  test('is asked which call is meant, where a schedule by hand does not fit', async () => {
    const wrong = everySchedule({ ...race(new Set()), schedule: [1, '1.2'] })
    await expect(wrong).rejects.toThrow(
      'race.schedule must be one in which step 2 is that of command 1 or 2, not of 1.2\n  1 reads Account "DE1"',
    )
  })

  test('is waited for, where some calls come later than others', async () => {
    const appendTwice = async (store: EventStore) => {
      const later = async () => {
        for (let round = 0; round < 50; round++) await Promise.resolve()
        await append(store)
      }
      await Promise.all([append(store), later()])
    }
    const tried = await everySchedule({ prepare, commands: [appendTwice, transfer], check: fine })
    expect(tried.all).toBe(true)
    const once = await everySchedule({ prepare, commands: [appendTwice, appendTwice], check: fine })
    expect(once).toEqual({ schedules: 24, all: true })
  })
})

describe('a command that cannot be scheduled', () => {
  test('because it remembers what it did before, is told so, with the steps', async () => {
    let known: number | undefined
    const remember = async (store: EventStore) => {
      known ??= await store.head()
      await store.head()
    }
    const tried = everySchedule({ prepare, commands: [remember, append], check: fine })
    await expect(tried).rejects.toThrow(
      [
        'the commands took other steps than before: they must be deterministic. Step 2 was that of command 1 or 2, now it is that of command 2',
        '  1 asks for the head',
      ].join('\n'),
    )
  })

  test('because it has ended before a step that it took before, is told so as well', async () => {
    let runs = 0
    const appendAtFirst = async (store: EventStore) => {
      if (runs === 1) await append(store)
    }
    const tried = everySchedule({
      prepare: () => {
        runs++
        return prepare()
      },
      commands: [appendAtFirst, appendAtFirst],
      check: fine,
    })
    await expect(tried).rejects.toThrow(
      'they must be deterministic. Step 1 was that of command 1 or 2, now none is left',
    )
  })

  test('because it never ends, is shown with its last steps', async () => {
    const poll = async (store: EventStore) => {
      while ((await store.head()) < 1);
    }
    const tried = everySchedule({ prepare, commands: [poll, lookTwice], check: fine })
    const shown = Array.from({ length: 20 }, () => '  1 asks for the head')
    await expect(tried).rejects.toThrow(
      new Error(
        [
          'no end after 1000 steps: does a command poll, or subscribe?',
          '  … 980 earlier steps',
          ...shown,
        ].join('\n'),
      ),
    )
  })

  test('because it waits between its polls, or for another one, is told soon, with the steps so far', async () => {
    const poll = async (store: EventStore) => {
      while ((await store.head()) < 1) await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const started = Date.now()
    await expect(everySchedule({ prepare, commands: [poll], check: fine })).rejects.toThrow(
      'command 1 neither asks its store nor ends, for 2000 ms in all: does it wait for another one, or poll?\n  1 asks for the head\n',
    )
    expect(Date.now() - started).toBeLessThan(4_000)
  })

  test.each([
    ['succeeds', async (store: EventStore) => void store.head()],
    [
      'fails',
      async (store: EventStore) => {
        await Promise.all([store.head(), Promise.reject(new Error('no'))])
      },
    ],
  ])('because it %s before its calls are over, is told which', async (_, careless) => {
    await expect(everySchedule({ prepare, commands: [lookTwice, careless], check: fine })).rejects.toThrow(
      'command 2 ended while it still asks for the head: await all that it begins, also where a part of it fails',
    )
  })
})

describe('an answer that is lost', () => {
  const deposit = (commandId: string | undefined) => async (store: EventStore) => {
    const command = Account.commands.Deposit('DE1', { cents: 1 }, { commandId })
    const dispatch = () => new Core(store).dispatchCommand(command)
    await dispatch().catch((error: unknown) => {
      if (!hasCode(error, 'APPEND_OUTCOME_UNKNOWN')) throw error
      return dispatch()
    })
  }
  const check: Race['check'] = async (store) => {
    const { state } = await new Core(store).load(Account, 'DE1')
    if (state.balance !== 2) throw new Error(`${state.balance} instead of 2`)
  }

  const other = (store: EventStore) => {
    const events = [accountEvents.Deposited({ cents: 1 })]
    return store.append([{ stream: Account.stream('DE1'), expected: 'any', events }])
  }

  test('does no harm to a command that is repeated with its id', async () => {
    const race = { prepare, commands: [deposit('a'), other], check }
    const tried = await everySchedule({ ...race, lostAnswers: true })
    expect(tried.all).toBe(true)
    expect(tried.schedules).toBeGreaterThan((await everySchedule(race)).schedules)
  })

  test('shows that a command without an id is applied twice', async () => {
    const race: Race = { prepare, commands: [deposit(undefined), other], check }
    await everySchedule(race)
    const told = everySchedule({ ...race, lostAnswers: true })
    await expect(told).rejects.toThrow('3 instead of 2')
    const byHand = everySchedule({ ...race, lostAnswers: true, schedule: [1, '1!', 1, 1, 2] })
    await expect(byHand).rejects.toThrow(
      [
        "the check fails with schedule [1, '1!', 1, 1, 2]: 3 instead of 2",
        '  1 reads Account "DE1"',
        '  1! appends Deposited to Account "DE1" (expected 0), and the answer is lost',
        '  1 reads Account "DE1"',
        '  1 appends Deposited to Account "DE1" (expected 1)',
      ].join('\n'),
    )
  })

  test('is one that the command knows nothing of, also where nothing was stored', async () => {
    const append = async (store: EventStore) => {
      const events = [accountEvents.Closed()]
      await store.append([{ stream: Account.stream('DE1'), expected: 7, events }])
    }
    const failures = new Set<unknown>()
    await everySchedule({
      prepare,
      commands: [append],
      check: (_store, [told]) => {
        if (told?.status === 'rejected') failures.add((told.reason as { code: string }).code)
      },
      lostAnswers: true,
    })
    expect([...failures]).toEqual(['GENERATION_CONFLICT', 'APPEND_OUTCOME_UNKNOWN'])
  })
})

import { describe, expect, jest, test } from '@jest/globals'
import { Core, defineAggregate, defineCommand } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { Account, accountEvents, InsufficientFunds, Transfer } from './fixtures/account.ts'
import { afterEachLoad, wrappedStore } from './fixtures/wrapped-store.ts'

const commandId = 'c-1'

describe('a command that was applied before', () => {
  test('resolves to the state as it was then, wherever the aggregate is now, and asks no handler', async () => {
    const store = new InMemoryStore()
    const core = new Core(store)
    const deposit = Account.commands.Deposit('DE1', { cents: 5 }, { commandId })
    await core.dispatchCommand(Account.commands.Open('DE1', { limit: 0 }))
    const first = await core.dispatchCommand(deposit)
    await core.dispatchCommand(Account.commands.Close('DE1'))
    expect(await core.dispatchCommand(deposit)).toEqual(first)
    expect(await new Core(store).dispatchCommand(deposit)).toEqual(first)
    // Any other command under this id is taken for the same: it is not decided.
    const handler = jest.fn(() => Promise.resolve(true))
    const check = Account.commands.Check('DE1', undefined, { commandId })
    expect(await core.dispatchCommand(check, { context: { ask: handler } })).toEqual(first)
    expect(handler).not.toHaveBeenCalled()
    expect(await store.head()).toBe(3)
  })

  test('over several aggregates resolves to all of them as they were then', async () => {
    const store = new InMemoryStore()
    const core = new Core(store)
    await core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 9 }))
    const transfer = Transfer({ from: 'DE1', to: 'DE2' }, { cents: 9 }, { commandId })
    const first = await core.dispatchCommand(transfer)
    await core.dispatchCommand(Account.commands.Close('DE1'))
    await core.dispatchCommand(Account.commands.Close('DE2'))
    expect(await core.dispatchCommand(transfer)).toEqual(first)
    expect(await store.head()).toBe(5)
  })

  test('is found before its generation is checked', async () => {
    const core = new Core(new InMemoryStore())
    const deposit = Account.commands.Deposit('DE1', { cents: 5 }, { commandId, generation: 0 })
    const first = await core.dispatchCommand(deposit)
    expect(await core.dispatchCommand(deposit)).toEqual(first)
  })

  test('is told apart by its first aggregate', async () => {
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 5 }, { commandId }))
    const other = await core.dispatchCommand(Account.commands.Deposit('DE2', { cents: 6 }, { commandId }))
    expect(other.state.balance).toBe(6)
  })
})

describe('a command id that was used for other aggregates', () => {
  test('is refused, since nothing was applied to these', async () => {
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Account.commands.Deposit('A', { cents: 9 }, { commandId: 'deposit' }))
    await core.dispatchCommand(Transfer({ from: 'A', to: 'B' }, { cents: 5 }, { commandId }))
    for (const id of [commandId, 'deposit']) {
      const other = core.dispatchCommand(Transfer({ from: 'A', to: 'C' }, { cents: 1 }, { commandId: id }))
      await expect(other).rejects.toEqual(
        expect.objectContaining({
          code: 'COMMIT_ID_REUSED',
          stream: Account.stream('A'),
          commitId: id,
        }),
      )
    }
  })

  test('is refused also where the other aggregate got no event', async () => {
    const core = new Core(new InMemoryStore())
    const Look = defineCommand({
      type: 'Look',
      aggregates: { x: Account, y: Account },
      handle: () => ({ x: accountEvents.Deposited({ cents: 1 }) }),
    })
    await core.dispatchCommand(Account.commands.DepositEach('B', [1, 2, 3]))
    await core.dispatchCommand(Look({ x: 'A', y: 'B' }, undefined, { commandId }))
    const other = core.dispatchCommand(Look({ x: 'A', y: 'C' }, undefined, { commandId }))
    await expect(other).rejects.toHaveProperty('code', 'COMMIT_ID_REUSED')
    const fewer = core.dispatchCommand(Account.commands.Deposit('A', { cents: 1 }, { commandId }))
    await expect(fewer).rejects.toHaveProperty('code', 'COMMIT_ID_REUSED')
  })

  test('is found although a later event cannot be read', async () => {
    const store = new InMemoryStore()
    const core = new Core(store)
    const deposit = Account.commands.Deposit('DE1', { cents: 5 }, { commandId })
    const first = await core.dispatchCommand(deposit)
    const newer = { ...accountEvents.Deposited({ cents: 1 }), version: 2 }
    await store.append([{ stream: Account.stream('DE1'), expected: 1, events: [newer] }])
    expect(await core.dispatchCommand(deposit)).toEqual(first)
  })
})

describe('a command that was not applied', () => {
  test('because it was refused is decided again under the same id', async () => {
    const core = new Core(new InMemoryStore())
    const withdraw = Account.commands.Withdraw('DE1', { cents: 5 }, { commandId })
    await expect(core.dispatchCommand(withdraw)).rejects.toBeInstanceOf(InsufficientFunds)
    await core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 5 }))
    expect(await core.dispatchCommand(withdraw)).toHaveProperty('state.balance', 0)
  })

  test('because it decided for nothing is decided again under the same id', async () => {
    const core = new Core(new InMemoryStore())
    const check = Account.commands.Check('DE1', undefined, { commandId })
    await core.dispatchCommand(check, { context: { ask: () => Promise.resolve(false) } })
    const after = await core.dispatchCommand(check, { context: { ask: () => Promise.resolve(true) } })
    expect(after.state.status).toBe('closed')
  })
})

describe('a command that is applied elsewhere meanwhile', () => {
  /** A store in which something happens after the first look for a commit id, and before the stream is read. */
  function betweenLookupAndLoad(store: InMemoryStore, act: () => Promise<unknown>) {
    const { promise: acted, resolve } = Promise.withResolvers<undefined>()
    let first = true
    return wrappedStore(store, {
      async findCommit(stream, id, options) {
        const found = await store.findCommit(stream, id, options)
        if (!first) return found
        first = false
        await act()
        resolve(undefined)
        return found
      },
      async *readStream(stream, options) {
        await acted
        yield* store.readStream(stream, options)
      },
    })
  }

  /** A dispatcher beside whose first load the same command is applied. */
  function overtaken(store: InMemoryStore, command: ReturnType<typeof Account.commands.Withdraw>) {
    let once = true
    return new Core(
      afterEachLoad(store, async () => {
        if (!once) return
        once = false
        await new Core(store).dispatchCommand(command)
      }),
    )
  }

  test('is applied once, and both callers get the same', async () => {
    const store = new InMemoryStore()
    await new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: 5 }))
    const withdraw = Account.commands.Withdraw('DE1', { cents: 5 }, { commandId })
    expect(await overtaken(store, withdraw).dispatchCommand(withdraw)).toEqual({
      aggregateId: 'DE1',
      generation: 2,
      position: 2,
      state: { status: 'new', balance: 0, limit: 0 },
    })
    expect(await store.head()).toBe(2)
  })

  test('is not reported as refused because of its own effect', async () => {
    const store = new InMemoryStore()
    await new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: 5 }))
    const withdraw = Account.commands.Withdraw('DE1', { cents: 5 }, { commandId })
    const late = betweenLookupAndLoad(store, () => new Core(store).dispatchCommand(withdraw))
    expect(await new Core(late).dispatchCommand(withdraw)).toHaveProperty('state.balance', 0)
    expect(await store.head()).toBe(2)
  })

  test('is not reported as a conflict because of its own effect', async () => {
    const store = new InMemoryStore()
    const deposit = Account.commands.Deposit('DE1', { cents: 5 }, { commandId, generation: 0 })
    const late = betweenLookupAndLoad(store, () => new Core(store).dispatchCommand(deposit))
    expect(await new Core(late).dispatchCommand(deposit)).toHaveProperty('generation', 1)
  })

  test('resolves to the state as it was then, although it was decided on a later one', async () => {
    const store = new InMemoryStore()
    const deposit = Account.commands.Deposit('DE1', { cents: 5 }, { commandId })
    const late = betweenLookupAndLoad(store, async () => {
      await new Core(store).dispatchCommand(deposit)
      await new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: 7 }))
    })
    expect(await new Core(late).dispatchCommand(deposit)).toEqual({
      aggregateId: 'DE1',
      generation: 1,
      position: 1,
      state: { status: 'new', balance: 5, limit: 0 },
    })
    expect(await store.head()).toBe(2)
  })

  test.each([0, 10])(
    'is applied once even if its handler decides differently, with %j retries',
    async (retries) => {
      const store = new InMemoryStore()
      let next = 0
      const Dice = defineAggregate({
        type: 'Dice',
        events: accountEvents,
        initialize: (_id: string) => 0,
        apply: {
          Opened: (s) => s,
          Deposited: (sum, { data }) => sum + data.cents,
          Withdrawn: (s) => s,
          Closed: (s) => s,
        },
        handle: { Roll: () => accountEvents.Deposited({ cents: ++next }) },
      })
      const roll = Dice.commands.Roll('D', undefined, { commandId })
      let once = true
      const core = new Core(
        afterEachLoad(store, async () => {
          if (!once) return
          once = false
          await new Core(store).dispatchCommand(roll)
        }),
        { retries },
      )
      expect(await core.dispatchCommand(roll)).toHaveProperty('state', 1)
      expect(await store.head()).toBe(1)
    },
  )
})

test('however often and wherever commands are repeated, each is applied once', async () => {
  const commands = fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 5 }),
      core: fc.integer({ min: 0, max: 2 }),
      withdraw: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(commands, async (repeats) => {
      const store = new InMemoryStore()
      const cores = Array.from({ length: 3 }, () => new Core(store, { retries: 100 }))
      const outcomes = new Map<number, Set<string>>()
      await Promise.all(
        repeats.map(async ({ id, core, withdraw }) => {
          const { Withdraw, Deposit } = Account.commands
          const command = (withdraw ? Withdraw : Deposit)('DE1', { cents: 1 + id }, { commandId: `c-${id}` })
          try {
            const after = await cores[core]?.dispatchCommand(command)
            outcomes.set(id, (outcomes.get(id) ?? new Set()).add(JSON.stringify(after)))
          } catch (error) {
            if (!(error instanceof InsufficientFunds)) throw error
          }
        }),
      )
      // All who were told that a command was applied were told the same, and it is in the log once.
      for (const [, told] of outcomes) expect(told.size).toBe(1)
      expect(await store.head()).toBe(outcomes.size)
    }),
  )
})

test('a commit id that the store calls reused, but cannot find, is reported in the end', async () => {
  const store = new InMemoryStore()
  await new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: 5 }, { commandId }))
  const forgetful = wrappedStore(store, { findCommit: () => Promise.resolve(undefined) })
  const other = Account.commands.Deposit('DE1', { cents: 6 }, { commandId })
  const dispatched = new Core(forgetful, { retries: 1 }).dispatchCommand(other)
  await expect(dispatched).rejects.toHaveProperty('code', 'COMMIT_ID_REUSED')
})

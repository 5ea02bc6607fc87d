import { describe, expect, test } from '@jest/globals'
import { Core, defineEvents, event } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { Account, accountEvents } from './fixtures/account.ts'

describe('load', () => {
  let now = Date.UTC(2026, 0, 31, 12)
  const start = now
  const core = new Core(new InMemoryStore({ clock: () => now++ }))
  const deposits = [5, 6, 7].map((cents) => Account.commands.Deposit('DE1', { cents }))
  const ready = (async () => {
    for (const deposit of deposits) await core.dispatchCommand(deposit)
  })()

  test('returns the newest state', async () => {
    await ready
    expect(await core.load(Account, 'DE1')).toEqual({
      aggregateId: 'DE1',
      generation: 3,
      position: 3,
      state: { status: 'new', balance: 18, limit: 0 },
    })
  })

  test('returns the initial state of an aggregate without events', async () => {
    expect(await core.load(Account, 'none')).toEqual({
      aggregateId: 'none',
      generation: 0,
      position: 0,
      state: { status: 'new', balance: 0, limit: 0 },
    })
  })

  test.each([
    [0, 0],
    [1, 5],
    [2, 11],
    [3, 18],
  ])('returns generation %j', async (generation, balance) => {
    await ready
    const past = await core.load(Account, 'DE1', { generation })
    expect(past).toEqual(expect.objectContaining({ generation, position: generation }))
    expect(past.state.balance).toBe(balance)
  })

  test('refuses a generation that is still to come', async () => {
    await ready
    await expect(core.load(Account, 'DE1', { generation: 4 })).rejects.toEqual(
      expect.objectContaining({
        code: 'GENERATION_CONFLICT',
        expected: 4,
        actual: 3,
        message: 'Account "DE1" has been through 3 generations, and cannot be loaded as of 4',
      }),
    )
  })

  test.each([
    [new Date(start - 1), 0],
    [new Date(start), 5],
    ['2026-01-31T12:00:00.001Z', 11],
    ['2026-01-31T13:00:00.002+01:00', 18],
    ['2026-01-31T12:00:01Z', 18],
  ])('returns the state at %s', async (time, balance) => {
    await ready
    expect((await core.load(Account, 'DE1', { time })).state.balance).toBe(balance)
  })

  test.each([
    'yesterday',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-02-30T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-01-31T25:00:00Z',
    '+002026-01-31T12:00:00Z',
    '',
    new Date(NaN),
  ])('refuses %s, which is no time', async (time) => {
    await expect(core.load(Account, 'DE1', { time })).rejects.toHaveProperty('argument', 'options.time')
  })

  test.each<[object, string]>([
    [{ generation: -1 }, 'options.generation'],
    [{ generation: 1, time: '2026-01-31T12:00:00Z' }, 'options'],
    [{ version: 1 }, 'options.version'],
    [{ signal: {} }, 'options.signal'],
  ])('refuses the options %j', async (options, argument) => {
    await expect(core.load(Account, 'DE1', options)).rejects.toHaveProperty('argument', argument)
  })

  test.each([undefined, {}, 'Account'])('refuses %j, which is no aggregate', async (aggregate) => {
    await expect(core.load(aggregate as never, 'DE1' as never)).rejects.toHaveProperty(
      'argument',
      'aggregate',
    )
  })

  test('refuses an empty id', async () => {
    await expect(core.load(Account, '')).rejects.toHaveProperty('argument', 'aggregateId')
  })

  test('rejects with the reason of an aborted signal', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(core.load(Account, 'DE1', { signal })).rejects.toThrow('enough')
  })

  test('fails on an event that no namespace of the aggregate defines', async () => {
    const store = new InMemoryStore()
    const foreign = defineEvents('https://example.com/foreign', { Odd: event() })
    const stream = { aggregateType: 'Account', aggregateId: 'DE1' }
    await store.append([{ stream, expected: 0, events: [accountEvents.Closed(), foreign.Odd()] }])
    await expect(new Core(store).load(Account, 'DE1')).rejects.toEqual(
      expect.objectContaining({ code: 'EVENT_UNREADABLE', stream, sequence: 2, position: 2, type: 'Odd' }),
    )
  })

  test('agrees, at every generation, with what the dispatches returned', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer(), { maxLength: 3 }), { maxLength: 10 }),
        async (commands) => {
          const fresh = new Core(new InMemoryStore())
          for (const amounts of commands) {
            const after = await fresh.dispatchCommand(Account.commands.DepositEach('DE1', amounts))
            expect(await fresh.load(Account, 'DE1')).toEqual(after)
            expect(await fresh.load(Account, 'DE1', { generation: after.generation })).toEqual(after)
          }
        },
      ),
    )
  })
})

describe('dispatchCommand', () => {
  test('refuses options that it does not know', async () => {
    const dispatched = new Core(new InMemoryStore()).dispatchCommand(Account.commands.Close('DE1'), {
      cache: 1,
    } as object)
    await expect(dispatched).rejects.toHaveProperty('argument', 'options.cache')
  })
})

describe('new Core', () => {
  test.each([undefined, null, {}, 'memory'])('refuses %j, which is no store', (store) => {
    expect(() => new Core(store as never)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'store' }),
    )
  })

  test.each<[object, string]>([
    [{ retries: -1 }, 'options.retries'],
    [{ retries: 0.5 }, 'options.retries'],
    [{ retrys: 1 }, 'options.retrys'],
  ])('refuses the options %j', (options, argument) => {
    expect(() => new Core(new InMemoryStore(), options)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }),
    )
  })
})

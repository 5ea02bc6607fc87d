import { describe, expect, test } from '@jest/globals'
import {
  Core,
  type CoreOptions,
  defineAggregate,
  type EventStore,
  type VersionedAggregate,
} from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { Account, accountEvents, type AccountState, InsufficientFunds, Transfer } from './fixtures/account.ts'
import { allEvents, wrappedStore } from './fixtures/wrapped-store.ts'

const { Open, Deposit, Withdraw, Close } = Account.commands

/** A store that counts what it is asked. */
function counting(store: EventStore) {
  const counts = { append: 0, readStream: 0, events: 0 }
  const counted = wrappedStore(store, {
    append: (appends, options) => {
      counts.append += 1
      return store.append(appends, options)
    },
    async *readStream(stream, options) {
      counts.readStream += 1
      for await (const event of store.readStream(stream, options)) {
        counts.events += 1
        yield event
      }
    },
  })
  const taken = () => {
    const before = { ...counts }
    Object.assign(counts, { append: 0, readStream: 0, events: 0 })
    return before
  }
  return { store: counted, taken }
}

describe('a remembered aggregate', () => {
  test('costs a command one append, and a conflict the missing events', async () => {
    const shared = new InMemoryStore()
    const { store, taken } = counting(shared)
    const [core, other] = [new Core(store, { cache: 10 }), new Core(shared)]
    for (let n = 0; n < 20; n++) await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    taken()
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    expect(taken()).toEqual({ append: 1, readStream: 0, events: 0 })
    await other.dispatchCommand(Deposit('DE1', { cents: 1 }))
    const { generation, state } = await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    expect([generation, state.balance]).toEqual([23, 23])
    // One of the two events is that which was known, to see whether it is still there.
    expect(taken()).toEqual({ append: 2, readStream: 1, events: 2 })
  })

  test('is no rival: what was only remembered is read again without a pause, and without a retry', async () => {
    const store = new InMemoryStore()
    const [core, other] = [new Core(store, { cache: 10, retries: 0 }), new Core(store)]
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    for (let n = 0; n < 3; n++) {
      await other.dispatchCommand(Deposit('DE1', { cents: 1 }))
      await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    }
    expect((await core.load(Account, 'DE1')).state.balance).toBe(7)
  })

  test('rejects nothing, and finds nothing to do, before the store was asked', async () => {
    const store = new InMemoryStore()
    const [core, other] = [new Core(store, { cache: 10 }), new Core(store)]
    await core.dispatchCommand(Open('DE1', { limit: 0 }))
    await other.dispatchCommand(Deposit('DE1', { cents: 5 }))
    expect((await core.dispatchCommand(Withdraw('DE1', { cents: 5 }))).state.balance).toBe(0)
    await core.dispatchCommand(Close('DE1'))
    await other.dispatchCommand(Open('DE1', { limit: 0 }))
    expect((await core.dispatchCommand(Close('DE1'))).generation).toBe(6)
    await other.dispatchCommand(Deposit('DE1', { cents: 5 }))
    await other.dispatchCommand(Deposit('DE1', { cents: 5 }))
    const stale = Deposit('DE1', { cents: 1 }, { generation: 8 })
    expect((await core.dispatchCommand(stale)).generation).toBe(9)
  })

  test('is not read for a command over it and others either', async () => {
    const { store, taken } = counting(new InMemoryStore())
    const core = new Core(store, { cache: 10 })
    await core.dispatchCommand(Deposit('DE1', { cents: 9 }))
    taken()
    await core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 4 }))
    // Only the other one is read, which has no events yet.
    expect(taken()).toEqual({ append: 1, readStream: 1, events: 0 })
  })

  test('that the store has lost is read anew, from its beginning', async () => {
    const before = new InMemoryStore()
    const after = new InMemoryStore()
    let store: EventStore = before
    const core = new Core(
      wrappedStore(before, {
        append: (...args) => store.append(...args),
        readStream: (...args) => store.readStream(...args),
      }),
      { cache: 10 },
    )
    await core.dispatchCommand(Open('DE1', { limit: 5 }))
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    await new Core(after).dispatchCommand(Open('DE1', { limit: 7 }))
    store = after
    const { generation, state } = await core.dispatchCommand(Deposit('DE1', { cents: 2 }))
    expect({ generation, state }).toEqual({ generation: 2, state: { status: 'open', balance: 2, limit: 7 } })
    // And where others have written as much since, a load sees it.
    store = before
    expect((await core.load(Account, 'DE1')).state).toEqual({ status: 'open', balance: 1, limit: 5 })
  })

  test('that the store has lost altogether is forgotten once that was seen', async () => {
    const before = new InMemoryStore()
    let store: EventStore = before
    const core = new Core(wrappedStore(before, { readStream: (...args) => store.readStream(...args) }), {
      cache: 10,
    })
    await core.dispatchCommand(Open('DE1', { limit: 5 }))
    store = new InMemoryStore()
    expect((await core.load(Account, 'DE1')).generation).toBe(0)
    await expect(core.load(Account, 'DE1', { generation: 1 })).rejects.toHaveProperty(
      'code',
      'GENERATION_CONFLICT',
    )
  })

  test('is one of so many: those go that were not used for the longest time', async () => {
    const { store, taken } = counting(new InMemoryStore())
    const core = new Core(store, { cache: 2 })
    const read = async (id: string) => {
      taken()
      await core.dispatchCommand(Deposit(id, { cents: 1 }))
      return taken().readStream
    }
    expect([await read('a'), await read('b'), await read('a'), await read('c')]).toEqual([1, 1, 0, 1])
    expect([await read('a'), await read('c'), await read('b')]).toEqual([0, 0, 1])
  })

  test('is used by a load of its past as well, and stays', async () => {
    const { store, taken } = counting(new InMemoryStore())
    const core = new Core(store, { cache: 2 })
    await core.dispatchCommand(Deposit('a', { cents: 1 }))
    await core.dispatchCommand(Deposit('b', { cents: 1 }))
    await core.load(Account, 'a', { generation: 1 })
    await core.dispatchCommand(Deposit('c', { cents: 1 }))
    taken()
    await core.load(Account, 'a', { generation: 1 })
    expect(taken()).toEqual({ append: 0, readStream: 0, events: 0 })
  })

  test('is where a load of a later generation begins', async () => {
    const shared = new InMemoryStore()
    const { store, taken } = counting(shared)
    const [core, other] = [new Core(store, { cache: 2 }), new Core(shared)]
    for (let n = 0; n < 5; n++) await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    for (let n = 0; n < 3; n++) await other.dispatchCommand(Deposit('DE1', { cents: 1 }))
    taken()
    expect((await core.load(Account, 'DE1', { generation: 7 })).state.balance).toBe(7)
    // The event that was known, and the two after it.
    expect(taken()).toEqual({ append: 0, readStream: 1, events: 3 })
  })

  test('serves loads as well, of its past without asking', async () => {
    const { store, taken } = counting(new InMemoryStore())
    const core = new Core(store, { cache: 2 })
    for (let n = 0; n < 5; n++) await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    taken()
    expect((await core.load(Account, 'DE1')).state.balance).toBe(5)
    expect(taken()).toEqual({ append: 0, readStream: 1, events: 1 })
    expect((await core.load(Account, 'DE1', { generation: 5 })).state.balance).toBe(5)
    expect(taken()).toEqual({ append: 0, readStream: 0, events: 0 })
    expect((await core.load(Account, 'DE1', { generation: 2 })).state.balance).toBe(2)
    taken()
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    expect(taken()).toEqual({ append: 1, readStream: 0, events: 0 })
  })

  test('is not loaded for who has given up already', async () => {
    const core = new Core(new InMemoryStore(), { cache: 2 })
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(core.load(Account, 'DE1', { generation: 1, signal })).rejects.toThrow('enough')
  })

  test('is none in a transaction, which may be rolled back', async () => {
    const { store, taken } = counting(new InMemoryStore())
    const within = { ...store, capabilities: { ...store.capabilities, provisional: true } }
    const core = new Core(within, { cache: 2 })
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    expect(taken().readStream).toBe(2)
  })

  test('is none whose state somebody could change: it is read each time, whatever was done to it', async () => {
    const Holder = defineAggregate({
      type: 'Account',
      events: accountEvents,
      initialize: (_id: string) => ({ sums: new Map<string, number>() }),
      apply: {
        Opened: (state) => state,
        Deposited: ({ sums }, { data }) => ({
          sums: new Map(sums).set('all', (sums.get('all') ?? 0) + data.cents),
        }),
        Withdrawn: (state) => state,
        Closed: (state) => state,
      },
      handle: { Deposit: (_state, cents: number) => accountEvents.Deposited({ cents }) },
    })
    const core = new Core(new InMemoryStore(), { cache: 10 })
    const first = await core.dispatchCommand(Holder.commands.Deposit('a', 5))
    first.state.sums.clear()
    expect((await core.dispatchCommand(Holder.commands.Deposit('a', 1))).state.sums.get('all')).toBe(6)
  })

  test('is forgotten once its state is one that somebody could change', async () => {
    const { store, taken } = counting(new InMemoryStore())
    const Diary = defineAggregate({
      type: 'Account',
      events: accountEvents,
      initialize: (_id: string): Date | undefined => undefined,
      apply: {
        Opened: () => undefined,
        Deposited: () => new Date(0),
        Withdrawn: () => undefined,
        Closed: () => undefined,
      },
      handle: {
        Open: () => accountEvents.Opened({ limit: 0 }),
        Deposit: () => accountEvents.Deposited({ cents: 1 }),
      },
    })
    const core = new Core(store, { cache: 10 })
    await core.dispatchCommand(Diary.commands.Open('DE1'))
    await core.dispatchCommand(Diary.commands.Deposit('DE1'))
    taken()
    await core.dispatchCommand(Diary.commands.Open('DE1'))
    expect(taken()).toEqual({ append: 1, readStream: 1, events: 2 })
  })

  test('is none of another definition of its type, nor of an id of another type', async () => {
    const counted = (type: string, factor: number) =>
      defineAggregate({
        type,
        events: accountEvents,
        initialize: (id: string | number) => ({ id, sum: 0 }),
        apply: {
          Opened: (state) => state,
          Deposited: (state, { data }) => ({ ...state, sum: state.sum + factor * data.cents }),
          Withdrawn: (state) => state,
          Closed: (state) => state,
        },
        handle: { Deposit: (_state, cents: number) => accountEvents.Deposited({ cents }) },
      })
    const [once, twice] = [counted('Account', 1), counted('Account', 2)]
    const core = new Core(new InMemoryStore(), { cache: 10 })
    await core.dispatchCommand(once.commands.Deposit('7', 1))
    expect((await core.dispatchCommand(twice.commands.Deposit('7', 1))).state).toEqual({ id: '7', sum: 4 })
    expect((await core.dispatchCommand(twice.commands.Deposit(7, 1))).state).toEqual({ id: 7, sum: 6 })
  })

  test.each([[-1], [1.5], ['10']])('of a cache of %p is refused', (cache) => {
    expect(() => new Core(new InMemoryStore(), { cache } as CoreOptions)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'options.cache' }),
    )
  })
})

// Two processes that remember, and one that does not, work on the same two accounts, in every order of their steps.
test('whatever two that remember and one that does not come to, some order of one after the other explains', async () => {
  const step = fc.record({
    core: fc.nat(2),
    what: fc.constantFrom('open', 'deposit', 'withdraw', 'withdraw', 'close', 'transfer', 'reverse'),
    cents: fc.constantFrom(1, 2, 3),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }),
      async (s, steps) => {
        const store = new InMemoryStore()
        const slow = wrappedStore(store, {
          append: async (...args) => {
            await s.schedule(Promise.resolve(), 'append')
            return store.append(...args)
          },
          async *readStream(...args) {
            await s.schedule(Promise.resolve(), 'read')
            yield* store.readStream(...args)
          },
        })
        const cores = [new Core(slow, { cache: 2 }), new Core(slow, { cache: 1 }), new Core(slow)]
        const outcomes: Outcome[] = []
        const run = async (index: number) => {
          for (const { core, what, cents } of steps) {
            if (core !== index) continue
            const begun = await store.head()
            const outcome = await dispatched(cores[index] ?? new Core(slow), what, cents)
            outcomes.push({ ...outcome, what, cents, begun, ended: await store.head() })
          }
        }
        await s.waitFor(Promise.all([run(0), run(1), run(2)]))
        const log = await allEvents(store)
        for (const outcome of outcomes) expect(explains(log, outcome)).toBe('explained')
      },
    ),
    { numRuns: 200 },
  )
}, 60_000)

interface Outcome {
  readonly what: string
  readonly cents: number
  readonly begun: number
  readonly ended: number
  readonly rejected?: string
  readonly versions?: readonly VersionedAggregate<string, AccountState>[]
}

async function dispatched(
  core: Core,
  what: string,
  cents: number,
): Promise<Pick<Outcome, 'rejected' | 'versions'>> {
  try {
    if (what === 'transfer' || what === 'reverse') {
      const [from, to] = what === 'transfer' ? (['a', 'b'] as const) : (['b', 'a'] as const)
      const result = await core.dispatchCommand(Transfer({ from, to }, { cents }))
      return { versions: [result.from, result.to] }
    }
    const command = { open: Open, deposit: Deposit, withdraw: Withdraw, close: Close }[what]
    if (command === undefined) throw new Error(what)
    return {
      versions: [
        await core.dispatchCommand((command as typeof Deposit)('a', { cents, limit: cents } as never)),
      ],
    }
  } catch (error) {
    if (error instanceof InsufficientFunds) return { rejected: 'insufficient funds' }
    throw error
  }
}

/** Whether the outcome is what the command comes to at some moment between its begin and its end. */
function explains(log: Awaited<ReturnType<typeof allEvents>>, outcome: Outcome): string {
  const { what, cents, begun, ended, rejected, versions = [] } = outcome
  const at = (position: number, id: string) => {
    const own = log.filter((event) => event.position <= position && event.aggregateId === id)
    let state: AccountState = { status: 'new', balance: 0, limit: 0 }
    for (const { type, data } of own) {
      const { cents = 0, limit = 0 } = data as { cents?: number; limit?: number }
      if (type === 'Opened') state = { ...state, status: 'open', limit }
      if (type === 'Deposited') state = { ...state, balance: state.balance + cents }
      if (type === 'Withdrawn') state = { ...state, balance: state.balance - cents }
      if (type === 'Closed') state = { ...state, status: 'closed' }
    }
    return { aggregateId: id, generation: own.length, position: own.at(-1)?.position ?? 0, state }
  }
  const ids = { transfer: ['a', 'b'], reverse: ['b', 'a'] }[what] ?? ['a']
  const stores = (position: number): number => {
    const { state } = at(position, ids[0] ?? '')
    if (what === 'open' || what === 'deposit') return 1
    if (what === 'close') return state.status === 'closed' ? 0 : 1
    if (state.balance + state.limit < cents) return -1
    return what === 'withdraw' ? 1 : 2
  }
  for (let position = begun; position <= ended; position++) {
    const count = stores(position)
    if (count === -1 && rejected !== undefined) return 'explained'
    if (count === -1 || rejected !== undefined || position + count > ended) continue
    const after = ids.map((id) => at(position + count, id))
    if (JSON.stringify(after) === JSON.stringify(versions)) return 'explained'
  }
  return `unexplained: ${JSON.stringify(outcome)} in ${JSON.stringify(log.map(({ type, aggregateId, data }) => [aggregateId, type, data]))}`
}

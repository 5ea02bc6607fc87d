import { describe, expect, jest, test } from '@jest/globals'
import { type Command, Core, defineAggregate, defineCommand, defineEvents, event } from '@eventmill/core'
import { eventmillError, generationConflict } from '@eventmill/core/adapter'
import { InMemoryStore } from '@eventmill/store-memory'
import { Account, accountEvents, InsufficientFunds, Transfer } from './fixtures/account.ts'
import { afterEachLoad, allEvents, wrappedStore } from './fixtures/wrapped-store.ts'

const stream = { aggregateType: 'Account', aggregateId: 'DE1' }

/** An account whose handlers can be watched and replaced. */
function watchedAccount(handle: (balance: number, cents: number, context: unknown) => unknown) {
  const decide = jest.fn(handle)
  const Watched = defineAggregate({
    type: 'Account',
    events: accountEvents,
    initialize: (_iban: string) => 0,
    apply: {
      Opened: (balance) => balance,
      Deposited: (balance, { data }) => balance + data.cents,
      Withdrawn: (balance, { data }) => balance - data.cents,
      Closed: () => 0,
    },
    handle: {
      Do: (balance, cents: number | undefined, context: unknown) =>
        decide(balance, cents ?? 1, context) as never,
    },
  })
  return { Watched, decide, act: Watched.commands.Do }
}

describe('a dispatched command', () => {
  test('resolves to the aggregate right after it', async () => {
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Account.commands.Open('DE2', { limit: 1 }))
    expect(await core.dispatchCommand(Account.commands.DepositEach('DE1', [5, 6]))).toEqual({
      aggregateId: 'DE1',
      generation: 2,
      position: 3,
      state: { status: 'new', balance: 11, limit: 0 },
    })
    expect(await core.dispatchCommand(Account.commands.Close('DE1'))).toEqual({
      aggregateId: 'DE1',
      generation: 3,
      position: 4,
      state: { status: 'closed', balance: 11, limit: 0 },
    })
  })

  test('that decides for nothing stores nothing and resolves to the aggregate as it is', async () => {
    const store = new InMemoryStore()
    const core = new Core(store)
    await core.dispatchCommand(Account.commands.Close('DE1'))
    expect(await core.dispatchCommand(Account.commands.Close('DE1'))).toHaveProperty('generation', 1)
    expect(await store.head()).toBe(1)
  })

  test('that decides for nothing, or is refused, appends nothing: what that rests on was read just now', async () => {
    const store = new InMemoryStore()
    await new Core(store).dispatchCommand(Account.commands.Close('DE1'))
    const append = jest.fn(store.append.bind(store))
    const core = new Core(wrappedStore(store, { append }))
    await core.dispatchCommand(Account.commands.Close('DE1'))
    const refused = core.dispatchCommand(Account.commands.Withdraw('DE1', { cents: 1 }))
    await expect(refused).rejects.toBeInstanceOf(InsufficientFunds)
    expect(append).not.toHaveBeenCalled()
  })

  test('hands its context to the handler, which may answer later', async () => {
    const core = new Core(new InMemoryStore())
    const ask = jest.fn((cents: number) => Promise.resolve(cents < 10))
    const { state } = await core.dispatchCommand(Account.commands.Check('DE1', { max: 5 }), {
      context: { ask },
    })
    expect(state.status).toBe('closed')
    expect(ask).toHaveBeenCalledWith(5)
  })

  test('that its handler refuses fails with the very error, and consumes no generation', async () => {
    const store = new InMemoryStore()
    const core = new Core(store)
    const refusal = new InsufficientFunds('no')
    const { act } = watchedAccount(() => {
      throw refusal
    })
    await expect(core.dispatchCommand(act('DE1'), { context: 0 })).rejects.toBe(refusal)
    const later = watchedAccount(() => Promise.reject(refusal))
    await expect(core.dispatchCommand(later.act('DE1'), { context: 0 })).rejects.toBe(refusal)
    expect(await store.head()).toBe(0)
  })

  test('passes its metadata into every event, where the event does not say otherwise', async () => {
    const store = new InMemoryStore()
    const { act } = watchedAccount(() => [
      accountEvents.Deposited({ cents: 1 }),
      { ...accountEvents.Deposited({ cents: 2 }), metadata: { causationId: 'own' } },
    ])
    const metadata = { correlationId: 'k', causationId: 'c', user: { name: 'me' } }
    await new Core(store).dispatchCommand(act('DE1', 1, { metadata }), { context: 0 })
    expect((await allEvents(store)).map((stored) => stored.metadata)).toEqual([
      metadata,
      { ...metadata, causationId: 'own' },
    ])
  })

  test('whose metadata JSON cannot carry stores nothing', async () => {
    const store = new InMemoryStore()
    const command = Account.commands.Close('DE1', undefined, { metadata: new Map() as never })
    await expect(new Core(store).dispatchCommand(command)).rejects.toEqual(
      expect.objectContaining({ code: 'VALUE_NOT_JSON', path: 'appends[0].events[0].metadata' }),
    )
    expect(await store.head()).toBe(0)
  })

  test('without metadata leaves that of its events empty', async () => {
    const store = new InMemoryStore()
    await new Core(store).dispatchCommand(Account.commands.Close('DE1', undefined, { commandId: 'c' }))
    expect((await allEvents(store))[0]?.metadata).toEqual({})
  })

  test('may address an aggregate by number', async () => {
    const store = new InMemoryStore()
    const events = defineEvents('https://example.com/n', { Done: event() })
    const Numbered = defineAggregate({
      type: 'Numbered',
      events,
      initialize: (id: number) => id * 10,
      apply: { Done: (state) => state + 1 },
      handle: { Do: () => events.Done() },
    })
    const core = new Core(store)
    expect(await core.dispatchCommand(Numbered.commands.Do(7))).toHaveProperty('state', 71)
    expect((await allEvents(store))[0]?.aggregateId).toBe('7')
    expect(await core.load(Numbered, 7)).toEqual({ aggregateId: 7, generation: 1, position: 1, state: 71 })
    await expect(core.dispatchCommand(Numbered.commands.Do(0.5))).rejects.toHaveProperty(
      'argument',
      'command.aggregateId',
    )
  })

  test.each<[string, object, string]>([
    ['an empty id', Account.commands.Close(''), 'command.aggregateId'],
    ['an id that is no text', Account.commands.Close({} as string), 'command.aggregateId'],
    [
      'a generation below 0',
      Account.commands.Close('DE1', undefined, { generation: -1 }),
      'command.generation',
    ],
    ['an empty commandId', Account.commands.Close('DE1', undefined, { commandId: '' }), 'command.commandId'],
    [
      'metadata that is text',
      Account.commands.Close('DE1', undefined, { metadata: 'x' as never }),
      'command.metadata',
    ],
    [
      'metadata that is a list',
      Account.commands.Close('DE1', undefined, { metadata: [] as never }),
      'command.metadata',
    ],
    [
      'a target of another type',
      Transfer.command({
        type: 'Transfer',
        aggregates: { from: stream, to: { ...stream, aggregateType: 'Card' } },
      }),
      'command.aggregates.to.aggregateType',
    ],
    [
      'a target taken out',
      Object.assign(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 1 }), { aggregates: { from: stream } }),
      'command.aggregates.to',
    ],
    [
      'a target without an id',
      Transfer({ from: 'DE1' } as { from: string; to: string }, { cents: 1 }),
      'command.aggregates.to.aggregateId',
    ],
    [
      'a generation below 0 for one role',
      Transfer({ from: 'DE1', to: 'DE2' }, { cents: 1 }, { generation: { to: -1 } }),
      'command.aggregates.to.generation',
    ],
  ])('with %s is refused', async (_, command, argument) => {
    await expect(
      new Core(new InMemoryStore()).dispatchCommand(command as Command, { context: 0 }),
    ).rejects.toEqual(expect.objectContaining({ code: 'ARGUMENT_INVALID', argument }))
  })

  test('that is only JSON is refused with what to do', async () => {
    const json: unknown = JSON.parse(JSON.stringify(Account.commands.Close('DE1')))
    const core = new Core(new InMemoryStore())
    for (const command of [json, null, undefined, 'Close']) {
      await expect(core.dispatchCommand(command as Command<unknown, undefined>)).rejects.toEqual(
        expect.objectContaining({
          code: 'COMMAND_UNKNOWN',
          message: expect.stringContaining('command(json)'),
        }),
      )
    }
  })

  test('whose handler returns no events is refused', async () => {
    const core = new Core(new InMemoryStore())
    for (const wrong of [undefined, null, 'Deposited', [accountEvents.Closed(), 7], {}, { then: 1 }]) {
      const { act } = watchedAccount(() => wrong)
      await expect(core.dispatchCommand(act('DE1'), { context: 0 })).rejects.toEqual(
        expect.objectContaining({ code: 'DECISION_INVALID', type: 'Do' }),
      )
    }
  })

  test('whose handler returns a list with a hole is refused', async () => {
    const store = new InMemoryStore()
    const holey = [accountEvents.Closed()]
    holey[2] = accountEvents.Closed()
    const { act } = watchedAccount(() => holey)
    await expect(new Core(store).dispatchCommand(act('DE1'), { context: 0 })).rejects.toHaveProperty(
      'code',
      'DECISION_INVALID',
    )
    expect(await store.head()).toBe(0)
  })

  test('whose handler returns an event of a foreign namespace stores nothing', async () => {
    const store = new InMemoryStore()
    const foreign = defineEvents('https://example.com/foreign', { Closed: event() })
    const { act } = watchedAccount(() => [accountEvents.Closed(), foreign.Closed()])
    await expect(new Core(store).dispatchCommand(act('DE1'), { context: 0 })).rejects.toEqual(
      expect.objectContaining({
        code: 'EVENT_INVALID',
        source: 'https://example.com/foreign',
        type: 'Closed',
      }),
    )
    expect(await store.head()).toBe(0)
  })

  test('whose handler returns what JSON cannot carry stores nothing', async () => {
    const store = new InMemoryStore()
    const command = Account.commands.DepositEach('DE1', [1, NaN])
    await expect(new Core(store).dispatchCommand(command)).rejects.toEqual(
      expect.objectContaining({ code: 'VALUE_NOT_JSON', path: 'appends[0].events[1].data.cents' }),
    )
    expect(await store.head()).toBe(0)
  })

  test('reports what the store fails with unchanged, and does not append again', async () => {
    const unknown = eventmillError('APPEND_OUTCOME_UNKNOWN', 'lost', { commitId: 'c' })
    const append = jest.fn(() => Promise.reject(unknown))
    const store = wrappedStore(new InMemoryStore(), { append })
    await expect(new Core(store).dispatchCommand(Account.commands.Close('DE1'))).rejects.toBe(unknown)
    expect(append).toHaveBeenCalledTimes(1)
  })

  test('whose events are stored but not applied says so, so that nobody repeats it', async () => {
    const store = new InMemoryStore()
    const Broken = defineAggregate({
      type: 'Broken',
      events: accountEvents,
      initialize: (_id: string) => 0,
      apply: {
        Opened: () => 1,
        Deposited: () => {
          throw new TypeError('apply is broken')
        },
        Withdrawn: () => 1,
        Closed: () => 1,
      },
      handle: { Do: () => accountEvents.Deposited({ cents: 1 }) },
    })
    const core = new Core(store)
    const unreadable = expect.objectContaining({
      code: 'EVENT_UNREADABLE',
      sequence: 1,
      position: 1,
      message: expect.stringContaining('apply is broken'),
    })
    const error: unknown = await core
      .dispatchCommand(Broken.commands.Do('B'))
      .catch((thrown: unknown) => thrown)
    const events = await allEvents(store)
    expect(error).toEqual(expect.objectContaining({ code: 'STATE_UNREADABLE', events, cause: unreadable }))
    expect(await store.head()).toBe(1)
    await expect(core.load(Broken, 'B')).rejects.toEqual(unreadable)
  })
})

describe('the generation of a command', () => {
  test.each([0, 1, 3])(
    'that is %j at generation 2 conflicts before the handler is asked',
    async (generation) => {
      const { act, decide } = watchedAccount(() => accountEvents.Closed())
      const core = new Core(new InMemoryStore())
      await core.dispatchCommand(Account.commands.DepositEach('DE1', [1, 2]))
      await expect(core.dispatchCommand(act('DE1', 1, { generation }), { context: 0 })).rejects.toEqual(
        expect.objectContaining({ code: 'GENERATION_CONFLICT', stream, expected: generation, actual: 2 }),
      )
      expect(decide).not.toHaveBeenCalled()
    },
  )

  test('is that of the aggregate: the command is decided', async () => {
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Account.commands.Close('DE1', undefined, { generation: 0 }))
    expect(await core.load(Account, 'DE1')).toHaveProperty('generation', 1)
  })

  test('is passed while the command is decided: it conflicts without being decided again', async () => {
    const store = new InMemoryStore()
    const { act, decide } = watchedAccount(async () => {
      await new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: 1 }))
      return accountEvents.Closed()
    })
    await expect(
      new Core(store).dispatchCommand(act('DE1', 1, { generation: 0 }), { context: 0 }),
    ).rejects.toEqual(expect.objectContaining({ code: 'GENERATION_CONFLICT', expected: 0, actual: 1 }))
    expect(decide).toHaveBeenCalledTimes(1)
  })

  test('may be given for one role of several', async () => {
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 9 }))
    await core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 1 }, { generation: { to: 0 } }))
    await expect(
      core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 1 }, { generation: { to: 0 } })),
    ).rejects.toEqual(
      expect.objectContaining({
        stream: { aggregateType: 'Account', aggregateId: 'DE2' },
        expected: 0,
        actual: 1,
      }),
    )
  })
})

describe('a command that names no generation', () => {
  test('is decided anew on the newest state when somebody else was faster', async () => {
    const store = new InMemoryStore()
    const rival = new Core(store)
    let rivals = 3
    const core = new Core(
      afterEachLoad(store, async () => {
        if (rivals-- > 0) await rival.dispatchCommand(Account.commands.Deposit('DE1', { cents: 10 }))
      }),
    )
    const { act, decide } = watchedAccount((balance) => accountEvents.Deposited({ cents: balance + 1 }))
    const after = await core.dispatchCommand(act('DE1'), { context: 0 })
    expect(after).toEqual({ aggregateId: 'DE1', generation: 4, position: 4, state: 61 })
    expect(decide.mock.calls.map(([balance]) => balance)).toEqual([0, 10, 20, 30])
  })

  test('reads only the missing events when it is decided anew', async () => {
    const store = new InMemoryStore()
    await new Core(store).dispatchCommand(Account.commands.DepositEach('DE1', [1, 2, 3]))
    let rivals = 1
    const reads: unknown[] = []
    const slow = afterEachLoad(store, async () => {
      if (rivals-- > 0) await new Core(store).dispatchCommand(Account.commands.Deposit('DE1', { cents: 1 }))
    })
    const watched = wrappedStore(slow, {
      readStream: (id, options) => {
        reads.push(options?.after)
        return slow.readStream(id, options)
      },
    })
    await new Core(watched).dispatchCommand(Account.commands.Deposit('DE1', { cents: 1 }))
    expect(reads).toEqual([0, 3])
  })

  test.each([0, 1, 4])('gives up after %j retries with the conflict', async (retries) => {
    const store = new InMemoryStore()
    const conflict = generationConflict(stream, 0, 1)
    const core = new Core(wrappedStore(store, { append: () => Promise.reject(conflict) }), { retries })
    const { act, decide } = watchedAccount(() => accountEvents.Closed())
    await expect(core.dispatchCommand(act('DE1'), { context: 0 })).rejects.toEqual(
      expect.objectContaining({
        code: 'GENERATION_CONFLICT',
        ...{ stream, expected: 0, actual: 1, cause: conflict },
        message: expect.stringMatching(retries === 0 ? /after 1 try\)$/ : `after ${retries + 1} tries`),
      }),
    )
    expect(decide).toHaveBeenCalledTimes(retries + 1)
  })

  test('waits a random time below a bound that doubles up to 250 ms', async () => {
    const conflict = generationConflict(stream, 0, 1)
    const store = wrappedStore(new InMemoryStore(), { append: () => Promise.reject(conflict) })
    const waited: number[] = []
    const timer = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((
      wake: () => void,
      delay: number,
    ) => {
      waited.push(delay)
      queueMicrotask(wake)
    }) as never)
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.5)
    try {
      await expect(new Core(store).dispatchCommand(Account.commands.Close('DE1'))).rejects.toHaveProperty(
        'cause',
        conflict,
      )
    } finally {
      timer.mockRestore()
      random.mockRestore()
    }
    expect(waited).toEqual([1, 2, 4, 8, 16, 32, 64, 125, 125, 125])
  })

  test('does not retry what its handler throws, even if it looks like a conflict', async () => {
    const conflict = generationConflict(stream, 0, 1)
    const { act, decide } = watchedAccount(() => {
      throw conflict
    })
    await expect(new Core(new InMemoryStore()).dispatchCommand(act('DE1'), { context: 0 })).rejects.toBe(
      conflict,
    )
    expect(decide).toHaveBeenCalledTimes(1)
  })

  test('never loses an update among several dispatchers', async () => {
    const store = new InMemoryStore()
    const cores = Array.from({ length: 8 }, () => new Core(store, { retries: 1000 }))
    const { act, Watched } = watchedAccount(async (balance) => {
      await Promise.resolve()
      return accountEvents.Deposited({ cents: balance + 1 })
    })
    const dispatches = cores.flatMap((core) =>
      Array.from({ length: 4 }, () => core.dispatchCommand(act('DE1'), { context: 0 })),
    )
    await Promise.all(dispatches)
    // Each doubles what it saw and adds one, so that a lost update would show.
    expect(await new Core(store).load(Watched, 'DE1')).toHaveProperty('state', 2 ** 32 - 1)
  })
})

describe('commands to one aggregate in one process', () => {
  test.each([
    ['answers at once', () => accountEvents.Deposited({ cents: 1 })],
    ['answers later', () => Promise.resolve(accountEvents.Deposited({ cents: 1 }))],
  ])('queue, so that they never conflict with each other, where their handler %s', async (_, handle) => {
    const store = new InMemoryStore()
    const append = jest.fn(store.append.bind(store))
    const core = new Core(wrappedStore(store, { append }), { retries: 0 })
    const { act, Watched } = watchedAccount(handle)
    await Promise.all(Array.from({ length: 100 }, () => core.dispatchCommand(act('DE1'), { context: 0 })))
    expect(append).toHaveBeenCalledTimes(100)
    expect(await core.load(Watched, 'DE1')).toHaveProperty('state', 100)
  })

  test('queue as well where their handler answers later', async () => {
    const core = new Core(new InMemoryStore(), { retries: 0 })
    const { act, Watched } = watchedAccount(async (_balance, cents) => {
      await new Promise(setImmediate)
      return accountEvents.Deposited({ cents })
    })
    await Promise.all(Array.from({ length: 10 }, () => core.dispatchCommand(act('DE1'), { context: 0 })))
    expect(await core.load(Watched, 'DE1')).toHaveProperty('state', 10)
  })

  test('are decided in the order of their calls', async () => {
    const core = new Core(new InMemoryStore())
    const order: number[] = []
    const { act } = watchedAccount(async (_balance, cents) => {
      await Promise.resolve()
      order.push(cents)
      return []
    })
    await Promise.all([1, 2, 3, 4].map((cents) => core.dispatchCommand(act('DE1', cents), { context: 0 })))
    expect(order).toEqual([1, 2, 3, 4])
  })

  test('do not wait for commands to others', async () => {
    const core = new Core(new InMemoryStore())
    const { promise: gate, resolve: release } = Promise.withResolvers<undefined>()
    const { act } = watchedAccount(async () => {
      await gate
      return accountEvents.Closed()
    })
    const held = core.dispatchCommand(act('DE1'), { context: 0 })
    await core.dispatchCommand(Account.commands.Close('DE2'))
    release(undefined)
    await held
  })

  test('go on after one that failed', async () => {
    const core = new Core(new InMemoryStore())
    const { act } = watchedAccount(() => Promise.reject(new Error('no')))
    const failed = core.dispatchCommand(act('DE1'), { context: 0 })
    const next = core.dispatchCommand(Account.commands.Close('DE1'))
    await expect(failed).rejects.toThrow('no')
    expect(await next).toHaveProperty('generation', 1)
  })

  test('that are aborted while they queue leave the queue, and the others go on', async () => {
    const core = new Core(new InMemoryStore())
    const { promise: gate, resolve: release } = Promise.withResolvers<undefined>()
    const { act } = watchedAccount(async () => {
      await gate
      return accountEvents.Closed()
    })
    const controller = new AbortController()
    const held = core.dispatchCommand(act('DE1'), { context: 0 })
    const aborted = core.dispatchCommand(Account.commands.Close('DE1'), { signal: controller.signal })
    const last = core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 1 }))
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    release(undefined)
    await held
    expect(await last).toHaveProperty('generation', 2)
  })
})

describe('a command over several aggregates', () => {
  test('stores its events in one append and resolves to all of them by role', async () => {
    const store = new InMemoryStore()
    const core = new Core(store)
    await core.dispatchCommand(Account.commands.Deposit('DE1', { cents: 9 }))
    const { from, to } = await core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 4 }))
    expect(from).toEqual({
      aggregateId: 'DE1',
      generation: 2,
      position: 2,
      state: expect.objectContaining({ balance: 5 }),
    })
    expect(to).toEqual({
      aggregateId: 'DE2',
      generation: 1,
      position: 3,
      state: expect.objectContaining({ balance: 4 }),
    })
  })

  test('that is refused changes none of them', async () => {
    const store = new InMemoryStore()
    const refused = new Core(store).dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 4 }))
    await expect(refused).rejects.toBeInstanceOf(InsufficientFunds)
    expect(await store.head()).toBe(0)
  })

  test('cannot name the same aggregate twice', async () => {
    const twice = new Core(new InMemoryStore()).dispatchCommand(
      Transfer({ from: 'DE1', to: 'DE1' }, { cents: 0 }),
    )
    await expect(twice).rejects.toEqual(
      expect.objectContaining({
        code: 'STREAM_REPEATED',
        stream,
        message: expect.stringContaining('command.aggregates.from and command.aggregates.to'),
      }),
    )
  })

  test('needs a store that appends to several streams, as a command to one does not', async () => {
    const memory = new InMemoryStore()
    const store = wrappedStore(memory, { capabilities: { ...memory.capabilities, multiStream: false } })
    const core = new Core(store)
    expect(await core.dispatchCommand(Account.commands.Close('DE1'))).toHaveProperty('generation', 1)
    const transfer = core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 0 }))
    await expect(transfer).rejects.toEqual(
      expect.objectContaining({ code: 'CAPABILITY_MISSING', capability: 'multiStream' }),
    )
  })

  test('is refused when its handler decides for a role that is none, or for nothing at all', async () => {
    for (const decision of [{ from: [], too: [] }, undefined, { from: 7 }]) {
      const Wrong = defineCommand({
        type: 'Wrong',
        aggregates: { from: Account, to: Account },
        handle: () => decision as never,
      })
      const wrong = new Core(new InMemoryStore()).dispatchCommand(Wrong({ from: 'DE1', to: 'DE2' }))
      await expect(wrong).rejects.toEqual(
        expect.objectContaining({ code: 'DECISION_INVALID', type: 'Wrong' }),
      )
    }
  })

  test('never waits for another one that waits for it', async () => {
    const core = new Core(new InMemoryStore())
    const ids = ['DE1', 'DE2', 'DE3']
    const transfers = ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => ({ from, to })))
    const all = Array.from({ length: 50 }, () => transfers).flat()
    await Promise.all(all.map((pair) => core.dispatchCommand(Transfer(pair, { cents: 0 }))))
    expect(await core.load(Account, 'DE1')).toHaveProperty('generation', 200)
  })

  const OnCall = defineAggregate({
    type: 'Doctor',
    events: defineEvents('https://example.com/doctor', { Left: event(), Came: event() }),
    initialize: (_name: string) => true,
    apply: { Left: () => false, Came: () => true },
    handle: {},
  })
  const doctorEvents = defineEvents('https://example.com/doctor', { Left: event() })
  const Leave = defineCommand({
    type: 'Leave',
    aggregates: { leaving: OnCall, staying: OnCall },
    handle: ({ staying }) => (staying ? { leaving: doctorEvents.Left() } : {}),
  })

  test('checks also those that get no event: of two doctors on call one stays (no write skew)', async () => {
    const store = new InMemoryStore()
    await Promise.all([
      new Core(store).dispatchCommand(Leave({ leaving: 'Ann', staying: 'Bob' })),
      new Core(store).dispatchCommand(Leave({ leaving: 'Bob', staying: 'Ann' })),
    ])
    const core = new Core(store)
    const onCall = [await core.load(OnCall, 'Ann'), await core.load(OnCall, 'Bob')].filter(
      ({ state }) => state,
    )
    expect(onCall).toHaveLength(1)
  })

  const Audit = defineCommand({
    type: 'Audit',
    aggregates: { a: Account, b: Account },
    handle: ({ a, b }, mode: 'throw' | 'decide nothing') => {
      const sound = a.balance + b.balance === 10
      if (!sound && mode === 'throw') throw new Error(`unsound: ${a.balance} + ${b.balance}`)
      return sound ? { a: accountEvents.Closed() } : {}
    },
  })

  test.each(['throw', 'decide nothing'] as const)(
    'that would %s on states read at different times is decided anew',
    async (mode) => {
      const store = new InMemoryStore()
      const rival = new Core(store)
      await rival.dispatchCommand(Account.commands.Deposit('A', { cents: 10 }))
      let between = true
      const core = new Core(
        wrappedStore(store, {
          async *readStream(id, options) {
            // B is read only after the money has moved there, A before.
            if (id.aggregateId === 'B' && between) {
              between = false
              await rival.dispatchCommand(Transfer({ from: 'A', to: 'B' }, { cents: 3 }))
            }
            yield* store.readStream(id, options)
          },
        }),
      )
      const { a } = await core.dispatchCommand(Audit({ a: 'A', b: 'B' }, mode))
      expect(a.state.status).toBe('closed')
    },
  )
})

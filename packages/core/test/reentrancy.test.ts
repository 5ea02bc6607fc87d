import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Core, defineAggregate } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Account, accountEvents, Transfer } from './fixtures/account.ts'

/** An aggregate whose handlers do what they are told, which they should not. */
const Naughty = defineAggregate({
  type: 'Naughty',
  events: accountEvents,
  initialize: (_id: string) => 0,
  apply: { Opened: (n) => n, Deposited: (n) => n + 1, Withdrawn: (n) => n, Closed: (n) => n },
  handle: {
    Do: async (_n, _command: undefined, misdeed: () => unknown) => {
      await misdeed()
      return accountEvents.Deposited({ cents: 1 })
    },
    DoAtOnce: (_n, _command: undefined, misdeed: () => unknown) => {
      misdeed()
      return accountEvents.Deposited({ cents: 1 })
    },
    DoEitherWay: (_n, _command: undefined, misdeed: () => Promise<unknown> | undefined) => {
      const done = misdeed()
      const event = accountEvents.Deposited({ cents: 1 })
      return done === undefined ? event : done.then(() => event)
    },
  },
})
const { Do, DoAtOnce, DoEitherWay } = Naughty.commands
const idle = { context: () => undefined }
const reentrant = expect.objectContaining({
  code: 'DISPATCH_REENTRANT',
  stream: { aggregateType: 'Naughty', aggregateId: 'N' },
})

describe('a handler that dispatches to its own aggregate', () => {
  test('at once fails instead of waiting for itself', async () => {
    const core = new Core(new InMemoryStore())
    const inner: Promise<unknown>[] = []
    const context = () => inner.push(core.dispatchCommand(DoAtOnce('N'), idle))
    await core.dispatchCommand(DoAtOnce('N'), { context })
    await expect(inner[0]).rejects.toEqual(reentrant)
  })

  test('after it has waited for something fails instead of waiting for itself', async () => {
    const core = new Core(new InMemoryStore())
    const context = async () => {
      await new Promise(setImmediate)
      await core.dispatchCommand(Do('N'), idle)
    }
    await expect(core.dispatchCommand(Do('N'), { context })).rejects.toEqual(reentrant)
  })

  test('later fails as well where it has always answered at once before', async () => {
    const core = new Core(new InMemoryStore())
    const atOnce = { context: () => undefined }
    for (let n = 0; n < 3; n++) await core.dispatchCommand(DoEitherWay('N'), atOnce)
    const context = async () => {
      await new Promise(setImmediate)
      await core.dispatchCommand(DoEitherWay('N'), atOnce)
    }
    await expect(core.dispatchCommand(DoEitherWay('N'), { context })).rejects.toEqual(reentrant)
    await core.dispatchCommand(DoEitherWay('N'), atOnce)
  })

  test('later fails without a further try where it has answered later before, and at once since', async () => {
    const core = new Core(new InMemoryStore(), { retries: 0 })
    await core.dispatchCommand(DoEitherWay('N'), { context: () => Promise.resolve() })
    await core.dispatchCommand(DoEitherWay('N'), idle)
    const context = async () => {
      await new Promise(setImmediate)
      await core.dispatchCommand(DoEitherWay('N'), idle)
    }
    await expect(core.dispatchCommand(DoEitherWay('N'), { context })).rejects.toEqual(reentrant)
  })

  test('at once, after another handler has run in between, fails all the same', async () => {
    // The handler of what is remembered runs within the other, before that goes on.
    const core = new Core(new InMemoryStore(), { cache: 2 })
    for (const id of ['N', 'M', 'N']) await core.dispatchCommand(DoAtOnce(id), idle)
    const inner: Promise<unknown>[] = []
    const context = () => {
      inner.push(core.dispatchCommand(DoAtOnce('M'), idle))
      inner.push(core.dispatchCommand(DoAtOnce('N'), idle))
    }
    await core.dispatchCommand(DoAtOnce('N'), { context })
    await inner[0]
    await expect(inner[1]).rejects.toEqual(reentrant)
  })

  test('through a command over several aggregates fails too', async () => {
    const core = new Core(new InMemoryStore())
    const context = () => core.dispatchCommand(Transfer({ from: 'DE1', to: 'DE2' }, { cents: 0 }))
    await core.dispatchCommand(Do('N'), { context })
    const nested = () => core.dispatchCommand(Do('N'), idle)
    await expect(core.dispatchCommand(Do('N'), { context: nested })).rejects.toEqual(reentrant)
  })

  test('through the handler of another aggregate fails too', async () => {
    const core = new Core(new InMemoryStore())
    const context = () =>
      core.dispatchCommand(Do('M'), { context: () => core.dispatchCommand(Do('N'), idle) })
    await expect(core.dispatchCommand(Do('N'), { context })).rejects.toEqual(reentrant)
  })
})

test('a handler that waits for what another handler has left behind fails instead of waiting for itself', async () => {
  const core = new Core(new InMemoryStore())
  let left: Promise<unknown> = Promise.resolve()
  const leave = () => {
    left = new Promise(setImmediate).then(() => core.dispatchCommand(Do('N'), idle))
  }
  const context = async () => {
    await core.dispatchCommand(Do('M'), { context: leave })
    await left
  }
  await expect(core.dispatchCommand(Do('N'), { context })).rejects.toEqual(reentrant)
})

describe('a handler that dispatches to another aggregate', () => {
  test('succeeds', async () => {
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Do('N'), {
      context: () => core.dispatchCommand(Account.commands.Close('DE1')),
    })
    expect(await core.load(Account, 'DE1')).toHaveProperty('generation', 1)
  })

  test('never waits for a handler that dispatches to its own', async () => {
    const core = new Core(new InMemoryStore())
    let arrived = 0
    const { promise: both, resolve: open } = Promise.withResolvers<undefined>()
    const crosswise = (other: string) => async () => {
      arrived += 1
      if (arrived === 2) open(undefined)
      await both
      await core.dispatchCommand(Do(other), idle)
    }
    await Promise.all([
      core.dispatchCommand(Do('A'), { context: crosswise('B') }),
      core.dispatchCommand(Do('B'), { context: crosswise('A') }),
    ])
    // Each was overtaken by the other's inner command at most once per try; none is lost.
    expect((await core.load(Naughty, 'A')).state).toBeGreaterThanOrEqual(2)
    expect((await core.load(Naughty, 'B')).state).toBeGreaterThanOrEqual(2)
  })
})

test('what a handler started may dispatch to its aggregate once the handler is done', async () => {
  const core = new Core(new InMemoryStore())
  const { promise: afterwards, resolve: decided } = Promise.withResolvers<undefined>()
  let started: Promise<unknown> = Promise.resolve()
  const context = () => {
    started = afterwards.then(() => core.dispatchCommand(DoAtOnce('N'), idle))
  }
  await core.dispatchCommand(DoAtOnce('N'), { context })
  decided(undefined)
  expect(await started).toHaveProperty('generation', 2)
})

test('what a handler has started later, and was not waited for, may dispatch once that has decided', async () => {
  const core = new Core(new InMemoryStore())
  const { promise: afterwards, resolve: decided } = Promise.withResolvers<undefined>()
  let started: Promise<unknown> = afterwards
  const context = async () => {
    await new Promise(setImmediate)
    started = afterwards.then(() => core.dispatchCommand(Do('N'), idle))
  }
  await core.dispatchCommand(Do('N'), { context })
  decided(undefined)
  expect(await started).toHaveProperty('generation', 2)
})

test('a dispatcher does not mistake the handler of another dispatcher for its own', async () => {
  const core = new Core(new InMemoryStore())
  const elsewhere = new Core(new InMemoryStore())
  await core.dispatchCommand(Do('N'), { context: () => elsewhere.dispatchCommand(Do('N'), idle) })
  expect(await elsewhere.load(Naughty, 'N')).toHaveProperty('generation', 1)
})

describe('where the runtime follows no promises, as in browsers', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  function browserCore(retries = 2) {
    jest.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    return new Core(new InMemoryStore(), { retries })
  }

  test.each([
    ['no process', undefined],
    ['a process without modules', {}],
  ])('a command is dispatched also with %s', async (_, process) => {
    const replaced = jest.replaceProperty(globalThis, 'process', process as never)
    const core = new Core(new InMemoryStore())
    replaced.restore()
    expect(await core.dispatchCommand(Do('N'), idle)).toHaveProperty('generation', 1)
  })

  test('a handler that dispatches to its own aggregate at once fails', async () => {
    const core = browserCore()
    const inner: Promise<unknown>[] = []
    await core.dispatchCommand(DoAtOnce('N'), {
      context: () => inner.push(core.dispatchCommand(DoAtOnce('N'), idle)),
    })
    await expect(inner[0]).rejects.toEqual(reentrant)
  })

  test('a handler that dispatches to its own aggregate later ends in a conflict, not in a deadlock', async () => {
    const core = browserCore()
    const context = async () => {
      await new Promise(setImmediate)
      await core.dispatchCommand(Do('N'), idle)
    }
    await expect(core.dispatchCommand(Do('N'), { context })).rejects.toHaveProperty(
      'code',
      'GENERATION_CONFLICT',
    )
  })

  test.each([
    ['there is no process', undefined],
    ['a process stands in for that of Node', {}],
  ])('a dispatcher works where %s', async (_, process) => {
    const replaced = jest.replaceProperty(globalThis, 'process', process as never)
    const core = new Core(new InMemoryStore())
    replaced.restore()
    expect(await core.dispatchCommand(Do('N'), { context: () => undefined })).toHaveProperty('generation', 1)
  })

  test('commands whose handler answers at once queue, so that they never conflict with each other', async () => {
    const core = browserCore(0)
    await Promise.all(Array.from({ length: 20 }, () => core.dispatchCommand(DoAtOnce('N'), idle)))
    expect(await core.load(Naughty, 'N')).toHaveProperty('generation', 20)
  })

  test('no update is lost', async () => {
    const core = browserCore()
    const wait = { context: () => new Promise(setImmediate) }
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => core.dispatchCommand(Do('N'), wait)),
    )
    const { length } = results.filter(({ status }) => status === 'fulfilled')
    expect(await core.load(Naughty, 'N')).toEqual(
      expect.objectContaining({ generation: length, state: length }),
    )
  })
})

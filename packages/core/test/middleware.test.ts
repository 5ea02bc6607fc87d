import { describe, expect, test } from '@jest/globals'
import {
  type Command,
  Core,
  type CoreOptions,
  defineAggregate,
  defineEvents,
  type EventStore,
  logDispatches,
  type Middleware,
} from '@eventmill/core'
import { eventmillError, generationConflict } from '@eventmill/core/adapter'
import { InMemoryStore } from '@eventmill/store-memory'
import { inspect } from 'node:util'
import { Account, accountEvents, InsufficientFunds, Transfer } from './fixtures/account.ts'
import { allEvents, wrappedStore } from './fixtures/wrapped-store.ts'

const { Deposit, Withdraw, Close } = Account.commands

/** An account that takes deposits, and cannot apply them. */
const Unreadable = defineAggregate({
  type: 'Account',
  events: accountEvents,
  initialize: (_id: string) => 0,
  apply: {
    Opened: (n) => n,
    Deposited: () => {
      throw new Error('broken')
    },
    Withdrawn: (n) => n,
    Closed: (n) => n,
  },
  handle: { Deposit: () => accountEvents.Deposited({ cents: 4711 }) },
})

/** A store in which somebody else is faster, so often. */
function overtaken(store: EventStore, times: number): EventStore {
  let left = times
  return wrappedStore(store, {
    append: (appends, options) => {
      const [{ stream, expected } = { stream: { aggregateType: '', aggregateId: '' }, expected: 0 }] = appends
      return left-- > 0
        ? Promise.reject(generationConflict(stream, expected, 9))
        : store.append(appends, options)
    },
  })
}

describe('middleware', () => {
  test('wraps a dispatch in its order, the first one outermost', async () => {
    const said: string[] = []
    const saying =
      (name: string): Middleware =>
      async (command, next) => {
        said.push(`${name} before ${command.type}`)
        const result = await next()
        said.push(`${name} after`)
        return result
      }
    const core = new Core(new InMemoryStore(), { middleware: [saying('a'), saying('b')] })
    const { generation } = await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
    expect(generation).toBe(1)
    expect(said).toEqual(['a before Deposit', 'b before Deposit', 'b after', 'a after'])
  })

  test('sees the retries of a dispatch, what it stored, and the context that it was given', async () => {
    const reports: unknown[] = []
    const reporting: Middleware = async (_command, next, dispatch) => {
      const result = await next()
      const { events, ...rest } = dispatch
      reports.push({ ...rest, events: events.map(({ type }) => type) })
      return result
    }
    const core = new Core(overtaken(new InMemoryStore(), 2), { middleware: [reporting] })
    const { signal } = new AbortController()
    const limits = { ask: () => Promise.resolve(true) }
    await core.dispatchCommand(Account.commands.Check('DE1'), { context: limits, signal })
    const once = Deposit('DE1', { cents: 1 }, { commandId: 'once' })
    await core.dispatchCommand(once)
    await core.dispatchCommand(once)
    await core.dispatchCommand(Close('DE1'))
    expect(reports).toEqual([
      { attempts: 3, events: ['Closed'], repeated: false, rejected: false, context: limits, signal },
      { attempts: 1, events: ['Deposited'], repeated: false, rejected: false },
      { attempts: 1, events: [], repeated: true, rejected: false },
      { attempts: 1, events: [], repeated: false, rejected: false },
    ])
  })

  test('sees before the dispatch that there is nothing to report yet', async () => {
    const reports: unknown[] = []
    const reporting: Middleware = (_command, next, dispatch) => {
      reports.push({ ...dispatch })
      return next()
    }
    const core = new Core(new InMemoryStore(), { middleware: [reporting] })
    await core.dispatchCommand(Close('DE1'))
    expect(reports).toEqual([{ attempts: 0, events: [], repeated: false, rejected: false }])
  })

  test.each<[string, unknown, object, object]>([
    ['no command', { type: 'Close' }, {}, { code: 'COMMAND_UNKNOWN' }],
    ['dispatched with an unknown option', Close('DE1'), { retries: 1 }, { argument: 'options.retries' }],
    ['aborted', Close('DE1'), { signal: AbortSignal.abort(new Error('enough')) }, { message: 'enough' }],
  ])('is not asked about what is %s', async (_, command, options, error) => {
    const asked: unknown[] = []
    const asking: Middleware = (command, next) => {
      asked.push(command)
      return next()
    }
    const core = new Core(new InMemoryStore(), { middleware: [asking] })
    await expect(core.dispatchCommand(command as Command, options)).rejects.toMatchObject(error)
    expect(asked).toEqual([])
  })

  test('refuses a command by an error that reaches the caller unchanged, and nothing is stored', async () => {
    class Forbidden extends Error {}
    const store = new InMemoryStore()
    const guard: Middleware = (command, next) => {
      if (command.metadata?.user !== 'ada') throw new Forbidden(command.type)
      return next()
    }
    const core = new Core(store, { middleware: [guard] })
    await expect(core.dispatchCommand(Deposit('DE1', { cents: 1 }))).rejects.toThrow(Forbidden)
    expect(await store.head()).toBe(0)
    await core.dispatchCommand(Deposit('DE1', { cents: 1 }, { metadata: { user: 'ada' } }))
    expect(await store.head()).toBe(1)
  })

  test('adds metadata, which flows into the events, and leaves the command as it is', async () => {
    const store = new InMemoryStore()
    const stamping: Middleware = (_command, next) => next({ metadata: { user: 'ada', host: 'a' } })
    const core = new Core(store, { middleware: [stamping] })
    const command = Deposit('DE1', { cents: 1 }, { metadata: { user: 'bob', correlationId: 'c' } })
    await core.dispatchCommand(command)
    expect((await allEvents(store)).map(({ metadata }) => metadata)).toEqual([
      { user: 'ada', host: 'a', correlationId: 'c' },
    ])
    expect(command.metadata).toEqual({ user: 'bob', correlationId: 'c' })
  })

  test('may dispatch again', async () => {
    const again: Middleware = async (_command, next) => {
      try {
        return await next()
      } catch {
        return next()
      }
    }
    const core = new Core(overtaken(new InMemoryStore(), 1), { middleware: [again], retries: 0 })
    expect((await core.dispatchCommand(Deposit('DE1', { cents: 1 }))).generation).toBe(1)
  })

  test('learns that a command was decided against, and forgets it when it is dispatched again', async () => {
    const rejected: boolean[] = []
    const again: Middleware = async (_command, next, dispatch) => {
      await next().catch(() => rejected.push(dispatch.rejected))
      await core.dispatchCommand(Deposit('DE1', { cents: 1 }))
      const result = await next()
      rejected.push(dispatch.rejected)
      return result
    }
    const store = new InMemoryStore()
    const core = new Core(store)
    await new Core(store, { middleware: [again] }).dispatchCommand(Withdraw('DE1', { cents: 1 }))
    expect(rejected).toEqual([true, false])
  })

  test('that dispatches again sees what the last dispatch stored', async () => {
    const seen: number[] = []
    const twice: Middleware = async (_command, next, dispatch) => {
      await next()
      seen.push(dispatch.events.length)
      const result = await next()
      seen.push(dispatch.events.length)
      return result
    }
    const core = new Core(new InMemoryStore(), { middleware: [twice] })
    await core.dispatchCommand(Close('DE1'))
    expect(seen).toEqual([1, 0])
  })

  test.each([[[1]], ['none'], [[undefined]]])('that is none is refused: %j', (middleware) => {
    const construct = () => new Core(new InMemoryStore(), { middleware } as unknown as CoreOptions)
    expect(construct).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', argument: 'options.middleware' }),
    )
  })

  test('that changes what it may not is refused', async () => {
    const wrong: Middleware = (_command, next) => next({ data: {} } as never)
    const core = new Core(new InMemoryStore(), { middleware: [wrong] })
    await expect(core.dispatchCommand(Deposit('DE1', { cents: 1 }))).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      argument: 'changes.data',
    })
    for (const metadata of ['ada', ['ada'], null]) {
      const changing: Middleware = (_command, next) => next({ metadata: metadata as never })
      const other = new Core(new InMemoryStore(), { middleware: [changing] })
      await expect(other.dispatchCommand(Deposit('DE1', { cents: 1 }))).rejects.toMatchObject({
        argument: 'changes.metadata',
      })
    }
  })
})

describe('the log of dispatches', () => {
  /** Keeps what is logged, as pino would be given it. */
  function log() {
    const lines: { readonly level: string; readonly message: string; readonly [field: string]: unknown }[] =
      []
    const at = (level: string) => (fields: object, message: string) => {
      lines.push({ level, message, ...fields, milliseconds: 'some' })
    }
    return { lines, middleware: [logDispatches({ info: at('info'), warn: at('warn') })] }
  }

  test('tells what each came to, in fields, and no payloads', async () => {
    const { lines, middleware } = log()
    const core = new Core(overtaken(new InMemoryStore(), 1), { middleware })
    const options = { commandId: 'once', metadata: { correlationId: 'c1', user: 'ada' } }
    await core.dispatchCommand(Deposit('DE1', { cents: 4711 }, options))
    await core.dispatchCommand(Deposit('DE1', { cents: 4711 }, options))
    await core.dispatchCommand(Close('DE1'))
    await core.dispatchCommand(Close('DE1', undefined, { metadata: { user: 'ada' } }))
    const of = { level: 'info', aggregateType: 'Account', aggregateId: 'DE1', milliseconds: 'some' }
    const deposit = {
      ...of,
      command: 'Deposit',
      message: 'Deposit dispatched',
      commandId: 'once',
      correlationId: 'c1',
    }
    expect(lines).toStrictEqual([
      { ...deposit, outcome: 'stored', attempts: 2, events: ['Deposited'], position: 1 },
      { ...deposit, outcome: 'repeated', attempts: 1, events: [] },
      {
        ...of,
        command: 'Close',
        message: 'Close dispatched',
        outcome: 'stored',
        attempts: 1,
        events: ['Closed'],
        position: 2,
      },
      { ...of, command: 'Close', message: 'Close dispatched', outcome: 'unchanged', attempts: 1, events: [] },
    ])
    expect(JSON.stringify(lines)).not.toContain('4711')
  })

  test('tells of which aggregates it was', async () => {
    const { lines, middleware } = log()
    await new Core(new InMemoryStore(), { middleware }).dispatchCommand(
      Transfer({ from: 'a', to: 'b' }, { cents: 0 }),
    )
    expect(lines).toMatchObject([
      {
        command: 'Transfer',
        aggregates: {
          from: { aggregateType: 'Account', aggregateId: 'a' },
          to: { aggregateType: 'Account', aggregateId: 'b' },
        },
      },
    ])
  })

  class Forbidden extends Error {
    override readonly name = 'Forbidden'
    readonly code = 'NO_RIGHT'
  }

  /** What a handler may throw. */
  function refusing(thrown: unknown) {
    const { lines, middleware } = log()
    const Refusing = defineAggregate({
      type: 'Account',
      events: accountEvents,
      initialize: (_id: string) => 0,
      apply: { Opened: (n) => n, Deposited: (n) => n, Withdrawn: (n) => n, Closed: (n) => n },
      handle: {
        Refuse: () => {
          throw thrown
        },
        RefuseLater: () => Promise.reject(thrown as Error),
        Misdecide: () => accountEvents.Deposited(undefined as never),
      },
    })
    return { lines, core: new Core(new InMemoryStore(), { middleware }), ...Refusing.commands }
  }

  test.each<[string, unknown, object]>([
    ['a class of the user', new InsufficientFunds('0 < 5'), { name: 'InsufficientFunds', message: '0 < 5' }],
    ['a name and a code', new Forbidden('no'), { name: 'Forbidden', code: 'NO_RIGHT', message: 'no' }],
    ['no class of its own', new Error('sold out'), { name: 'Error', message: 'sold out' }],
    ['no kind, but a text', 'sold out', { message: 'sold out' }],
  ])('tells in short why a handler refused, by an error of %s', async (_, thrown, reason) => {
    const { lines, core, Refuse, RefuseLater } = refusing(thrown)
    await expect(core.dispatchCommand(Refuse('a'))).rejects.toBe(thrown)
    await expect(core.dispatchCommand(RefuseLater('a'))).rejects.toBe(thrown)
    const line = {
      level: 'info',
      aggregateType: 'Account',
      aggregateId: 'a',
      outcome: 'refused',
      attempts: 1,
      events: [],
      milliseconds: 'some',
      reason,
    }
    expect(lines).toStrictEqual([
      { ...line, message: 'Refuse refused', command: 'Refuse' },
      { ...line, message: 'RefuseLater refused', command: 'RefuseLater' },
    ])
  })

  test.each([[Object.create(null)], [{ constructor: null }]])(
    'leaves alone what is thrown: %j',
    async (thrown) => {
      const { core, Refuse } = refusing(thrown)
      await expect(core.dispatchCommand(Refuse('a'))).rejects.toBe(thrown)
    },
  )

  test('tells what a middleware refused', async () => {
    const { lines, middleware } = log()
    const forbid: Middleware = () => Promise.reject(new Forbidden('no'))
    const core = new Core(new InMemoryStore(), { middleware: [...middleware, forbid] })
    await expect(core.dispatchCommand(Close('a'))).rejects.toThrow(Forbidden)
    expect(lines).toMatchObject([{ level: 'info', outcome: 'refused', reason: { name: 'Forbidden' } }])
  })

  test.each<[string, Command, string]>([
    ['another generation', Close('a', undefined, { generation: 7 }), 'GENERATION_CONFLICT'],
    ['an id that is none', Close(''), 'ARGUMENT_INVALID'],
    ['data that no store takes', Deposit('a', { cents: 5n as never }), 'VALUE_NOT_JSON'],
    ['one aggregate twice', Transfer({ from: 'a', to: 'a' }, { cents: 0 }), 'STREAM_REPEATED'],
  ])('tells that a command with %s was refused', async (_, command, code) => {
    const { lines, middleware } = log()
    const core = new Core(new InMemoryStore(), { middleware })
    await expect(core.dispatchCommand(command)).rejects.toHaveProperty('code', code)
    expect(lines).toMatchObject([{ level: 'info', outcome: 'refused', reason: { code } }])
  })

  test.each<[string, unknown]>([
    ['a mistake in a handler', new TypeError("Cannot read properties of undefined (reading 'cents')")],
    ['whom a handler asks, in vain', new DOMException('timed out', 'TimeoutError')],
    ['a store that a handler asks', eventmillError('STORE_BUSY', 'full', { waiting: 9 })],
    ['a connection of a handler', Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' })],
    ['a database that a handler asks', Object.assign(new Error('no such table'), { severity: 'ERROR' })],
  ])('tells, with the error, what failed by %s', async (_, thrown) => {
    const { lines, core, Refuse } = refusing(thrown)
    await expect(core.dispatchCommand(Refuse('a'))).rejects.toBe(thrown)
    expect(lines).toMatchObject([{ level: 'warn', message: 'Refuse failed', outcome: 'failed', err: thrown }])
    expect(lines[0]).not.toHaveProperty('reason')
  })

  test.each<[string, Partial<EventStore>]>([
    ['an append', { append: () => Promise.reject(new Error('disk full')) }],
    [
      'a read',
      {
        // eslint-disable-next-line require-yield -- it fails when it is iterated
        async *readStream() {
          throw new Error('disk full')
        },
      },
    ],
    ['a look for a commit', { findCommit: () => Promise.reject(new Error('disk full')) }],
  ])('tells, with the error, what failed by %s, whatever the store throws', async (_, broken) => {
    const { lines, middleware } = log()
    const core = new Core(wrappedStore(new InMemoryStore(), broken), { middleware })
    const dispatched = core.dispatchCommand(Deposit('a', { cents: 1 }, { commandId: 'once' }))
    await expect(dispatched).rejects.toThrow('disk full')
    expect(lines).toMatchObject([{ level: 'warn', outcome: 'failed', err: { message: 'disk full' } }])
  })

  test('tells that one failed whose caller gave up', async () => {
    const { lines, middleware } = log()
    const core = new Core(new InMemoryStore(), { middleware })
    const abortion = new AbortController()
    const limits = {
      ask: async () => {
        abortion.abort(new Error('enough'))
        return false
      },
    }
    const { signal } = abortion
    const dispatched = core.dispatchCommand(Account.commands.Check('a'), { context: limits, signal })
    await expect(dispatched).rejects.toThrow('enough')
    expect(lines).toMatchObject([{ level: 'warn', outcome: 'failed', err: { message: 'enough' } }])
  })
})

describe('the log of a dispatch', () => {
  test('tells how many milliseconds it took', async () => {
    const took: unknown[] = []
    const info = ({ milliseconds }: { milliseconds?: number }) => took.push(milliseconds)
    const core = new Core(new InMemoryStore(), { middleware: [logDispatches({ info, warn: info })] })
    const start = performance.now()
    await core.dispatchCommand(Close('DE1'))
    const most = performance.now() - start
    expect(took).toEqual([expect.any(Number)])
    expect(took[0]).toBeGreaterThanOrEqual(0)
    expect(took[0]).toBeLessThanOrEqual(most)
  })

  test('changes nothing where it throws', async () => {
    const broken = () => {
      throw new Error('EPIPE')
    }
    const core = new Core(new InMemoryStore(), {
      middleware: [logDispatches({ info: broken, warn: broken })],
    })
    expect(await core.dispatchCommand(Deposit('DE1', { cents: 1 }))).toHaveProperty('generation', 1)
    await expect(core.dispatchCommand(Withdraw('DE1', { cents: 2 }))).rejects.toThrow(InsufficientFunds)
  })

  test('leaves its error as it is, whatever the command looks like', async () => {
    const lines: object[] = []
    const log = { info: (fields: object) => lines.push(fields), warn: () => undefined }
    const core = new Core(new InMemoryStore(), { middleware: [logDispatches(log)] })
    const dispatched = core.dispatchCommand(Close('DE1', undefined, { metadata: null as never }))
    await expect(dispatched).rejects.toHaveProperty('argument', 'command.metadata')
    expect(lines).toMatchObject([{ command: 'Close', outcome: 'refused' }])
  })
})

test('the log holds no payloads, whatever fails', async () => {
  const lines: object[] = []
  const log = { info: () => undefined, warn: (fields: object) => lines.push(fields) }
  const core = new Core(new InMemoryStore(), { middleware: [logDispatches(log)] })
  const failed = core.dispatchCommand(Unreadable.commands.Deposit('a'))
  await expect(failed).rejects.toMatchObject({
    code: 'STATE_UNREADABLE',
    events: [{ data: { cents: 4711 } }],
  })
  expect(lines).toHaveLength(1)
  expect(JSON.stringify(lines) + inspect(lines, { depth: 10 })).not.toContain('4711')
})

describe('an explained aggregate', () => {
  test('is a table of its events, with the state after each', async () => {
    const core = new Core(new InMemoryStore({ clock: () => Date.UTC(2026, 0, 31) }))
    await core.dispatchCommand(Deposit('DE1', { cents: 5 }))
    await core.dispatchCommand(Withdraw('DE1', { cents: 3 }))
    expect(await core.explain(Account, 'DE1')).toBe(
      [
        'Account "DE1", generation 2',
        '#  time                      event      version  data         state',
        '0                                                             {"status":"new","balance":0,"limit":0}',
        '1  2026-01-31T00:00:00.000Z  Deposited  1        {"cents":5}  {"status":"new","balance":5,"limit":0}',
        '2  2026-01-31T00:00:00.000Z  Withdrawn  1        {"cents":3}  {"status":"new","balance":2,"limit":0}',
        '',
      ].join('\n'),
    )
  })

  test('shows events of older versions as they are stored, and as they are applied', async () => {
    const events = defineEvents('urn:x:sum', {
      Added: {
        version: 2,
        encode: (data: { cents: number }) => data,
        decode: (json: unknown, version: number) => {
          const { euros = 0, cents = euros * 100 } = json as { euros?: number; cents?: number }
          if (version > 2 || !Number.isInteger(cents)) throw new RangeError('no amount')
          return { cents }
        },
      },
    })
    const Sum = defineAggregate({
      type: 'Sum',
      events,
      initialize: (_id: string) => 0,
      apply: { Added: (sum, { data }) => sum + data.cents },
      handle: {},
    })
    const store = new InMemoryStore({ clock: () => 0 })
    const old = (euros: number) => ({ ...events.Added({ cents: 0 }), version: 1, data: { euros } })
    const stored = [old(5), events.Added({ cents: 7 }), old(0.001), old(0.002), old(3)]
    await store.append([{ stream: Sum.stream('a'), expected: 0, events: stored }])
    expect(await new Core(store).explain(Sum, 'a')).toBe(
      [
        'Sum "a", generation 5',
        '#  time                      event  version  data                         state',
        '0                                                                         0',
        '1  1970-01-01T00:00:00.000Z  Added  1 → 2    {"euros":5} → {"cents":500}  500',
        '2  1970-01-01T00:00:00.000Z  Added  2        {"cents":7}                  507',
        '3  1970-01-01T00:00:00.000Z  Added  1        {"euros":0.001}',
        '4  1970-01-01T00:00:00.000Z  Added  1        {"euros":0.002}',
        '5  1970-01-01T00:00:00.000Z  Added  1 → 2    {"euros":3} → {"cents":300}',
        'event 3 of Sum "a" (Added, version 1, of urn:x:sum, position 3) cannot be read: no amount',
        '',
      ].join('\n'),
    )
  })

  test('shows the latest events of a long stream, and the beginnings of long values', async () => {
    const core = new Core(new InMemoryStore())
    for (let cents = 1; cents <= 5; cents++) await core.dispatchCommand(Deposit('DE1', { cents }))
    const text = await core.explain(Account, 'DE1', { limit: 2, width: 12 })
    expect(text).toContain('Account "DE1", generation 5 (1 to 3 left out)\n')
    expect(
      text
        .trim()
        .split('\n')
        .slice(2)
        .map((line) => line[0]),
    ).toEqual(['4', '5'])
    expect(text).toContain('{"status":"…')
    expect(await core.explain(Account, 'nobody')).toContain('generation 0\n')
  })

  test('shows values as a whole where they are just short enough', async () => {
    const core = new Core(new InMemoryStore())
    const state = '{"status":"new","balance":0,"limit":0}'
    expect(await core.explain(Account, 'DE1', { width: state.length })).toContain(state)
    const shorter = await core.explain(Account, 'DE1', { width: state.length - 1 })
    expect(shorter).toContain(`${state.slice(0, -2)}…`)
  })

  test('is not read for who has given up already', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const explained = new Core(new InMemoryStore()).explain(Account, 'DE1', { signal })
    await expect(explained).rejects.toThrow('enough')
  })

  test('has no state from the event on that cannot be read, and says why below', async () => {
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Deposit('DE1', { cents: 5 }))
    await core.dispatchCommand(Deposit('DE1', { cents: 6 }))
    const lines = (await core.explain(Unreadable, 'DE1')).replaceAll(/\d{4}-\S+Z/g, 'time').split('\n')
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'Account "DE1", generation 2',
      '# time event version data state',
      '0 0',
      '1 time Deposited 1 {"cents":5}',
      '2 time Deposited 1 {"cents":6}',
      expect.stringMatching(/^event 1 of Account "DE1" .* cannot be read: apply failed \(broken\)$/),
      '',
    ])
  })

  test('cuts no character in two', async () => {
    const event = { source: accountEvents.source, type: 'Closed', version: 1, data: { why: '😀😀😀' } }
    const store = new InMemoryStore()
    await store.append([{ stream: Account.stream('DE1'), expected: 0, events: [event] }])
    for (let width = 1; width < 20; width++) {
      expect(await new Core(store).explain(Account, 'DE1', { width })).not.toMatch(/[\ud800-\udfff]/u)
    }
  })

  test('shows states that JSON does not know, each in one line', async () => {
    const Odd = defineAggregate({
      type: 'Account',
      events: accountEvents,
      initialize: (_id: string): unknown => undefined,
      apply: {
        Opened: () => new Map([['a', 1n]]),
        Deposited: () => new Set([1, NaN, -Infinity]),
        Withdrawn: () => {
          const itself: { within?: object } = {}
          itself.within = itself
          return itself
        },
        Closed: (state) => state,
      },
      handle: {
        Open: () => accountEvents.Opened({ limit: 1 }),
        Deposit: () => accountEvents.Deposited({ cents: 1 }),
        Withdraw: () => accountEvents.Withdrawn({ cents: 1 }),
      },
    })
    const core = new Core(new InMemoryStore())
    await core.dispatchCommand(Odd.commands.Open('a'))
    await core.dispatchCommand(Odd.commands.Deposit('a'))
    await core.dispatchCommand(Odd.commands.Withdraw('a'))
    const text = await core.explain(Odd, 'a', { width: 500 })
    expect(text).toContain('undefined')
    expect(text).toContain('  [["a","1n"]]')
    expect(text).toContain('  [1,"NaN","-Infinity"]')
    expect(text).toMatch(/\n3 .*circular structure .*property 'within' closes the circle\n$/)
  })

  test.each([[{ limit: 0 }], [{ width: 0 }], [{ wide: 1 }]])('is refused with %j', async (options) => {
    const explained = new Core(new InMemoryStore()).explain(Account, 'a', options as never)
    await expect(explained).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

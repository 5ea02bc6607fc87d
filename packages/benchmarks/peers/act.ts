import type { Store } from 'act-in-memory'
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { z } from 'zod'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { CONNECTIONS, poolOf, retried, TRIES, typesWith, versionOf } from './adapter-parts.ts'

export const act: Contender = {
  name: 'act',
  version: versionOf('@rotorsoft/act-pg'),
  notes:
    'Commands by do, and fresh streams by commit of its store with version -1; what fails by a conflict is tried again by its ' +
    'user, and that may be an error of the unique index instead of a ConcurrencyError. A reaction to one stream of leases, ' +
    '100 events at a time instead of 10, drained until there are none; to follow, it is drained at each commit that ' +
    'the same process makes. It misses events that commit after later ones. A new reaction begins where the last one is, so the ' +
    'table of leases is emptied before each. NODE_ENV is test, which only makes it log less, and leaves the process ' +
    'running when its store is closed; it validates payloads as ever.',
  open: async (url) => {
    const {
      act: builder,
      dispose,
      Account,
      ConcurrencyError,
      PostgresStore,
      store,
      parsers,
    } = await loadAct()
    const { hostname: host, port, username, password, pathname } = new URL(url)
    // It hands its options on to its pool, though their type names but some.
    const options = {
      max: CONNECTIONS,
      types: typesWith(parsers),
      host,
      port: Number(port),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
    }
    const postgres = new PostgresStore(options)
    ;(postgres['_pool'] as pg.Pool).on('error', () => undefined)
    if (store(postgres) !== postgres) throw new Error('act has one store: close the other contender first')
    await postgres.seed()
    const pool = poolOf(url, { max: 1 })

    const app = builder().with(Account).build()
    const isConflict = (error: unknown) =>
      error instanceof ConcurrencyError || (error as { readonly code?: unknown }).code === UNIQUE_VIOLATION
    const send = (id: string, data: Deposit) =>
      retried(isConflict, () => app.do('deposit', { stream: id, actor: ACTOR }, data))
    const reacting = (handler: (data: Deposit) => void) =>
      builder()
        .with(Account)
        .on('Deposited')
        .do(async ({ data }) => {
          handler(data)
        })
        .to('accounts')
        .build(DRAIN_LIMIT)

    return {
      appendFresh: (id) => postgres.commit(id, events(1), meta(), NO_EVENTS),
      command: (id) => send(id, deposit),
      // Its own way sends one statement for each event, all at once on one connection, at which `pg` prints a warning.
      fill: (id, count) =>
        pool.query(
          `insert into events (name, data, stream, version, meta)
           select 'Deposited', $1, $2, n, $3 from generate_series(0, $4::integer - 1) n`,
          [deposit, id, meta(), count],
        ),
      load: async (id) => (await app.load(Account, id)).state.cents,
      catchUp: async (count) => {
        await pool.query('truncate events_streams')
        let had = 0
        await drained(reacting(() => had++))
        if (had < count) throw new Error(`a reaction to ${count} events had ${had}, and then no more`)
      },
      follow: async (arrived) => {
        await pool.query('truncate events_streams')
        let live = false
        const follower = reacting(({ sentAt }) => {
          if (live && sentAt !== undefined) arrived(sentAt)
        })
        await drained(follower)
        live = true
        let asked = false
        let draining: Promise<void> | undefined
        const drain = async () => {
          while (asked) {
            asked = false
            await drained(follower)
          }
          draining = undefined
        }
        // While it drains it ignores that it is asked to, though it may have looked before the commit.
        const onCommitted = () => {
          asked = true
          draining ??= drain()
        }
        app.on('committed', onCommitted)
        return async () => {
          app.off('committed', onCommitted)
          await draining
        }
      },
      send: (id, sentAt) => send(id, { ...deposit, sentAt }),
      close: async () => {
        await dispose()()
        await pool.end()
      },
    }
  },
}

export const actInMemory: MemoryContender = {
  name: 'act',
  version: versionOf('act-in-memory'),
  notes:
    'A later version than on PostgreSQL, with its cache of states. Each operation of its store in memory waits for a timer, ' +
    'of 0 ms as NODE_ENV is test instead of 100 ms.',
  open: async () => {
    const {
      act: builder,
      InMemoryCache,
      InMemoryStore,
      state,
    } = await importQuietly('act-in-memory', () => import('act-in-memory'))
    const Account = state({ Account: accountState })
      .init(() => ({ cents: 0 }))
      .emits({ Deposited: depositData })
      .patch({ Deposited: ({ data }, { cents }) => ({ cents: cents + data.cents }) })
      .on({ deposit: depositData }, { maxRetries: TRIES })
      .emit((data) => ['Deposited', data])
      .build()
    // Declared for compilers that tell an absent property from an undefined one less strictly.
    const store: unknown = new InMemoryStore()
    const scoped = { store: store as Store, cache: new InMemoryCache() }
    const app = builder().withState(Account).build({ scoped })
    return {
      fill: (id, count) => scoped.store.commit(id, events(count), meta()),
      command: (id) => app.do('deposit', { stream: id, actor: ACTOR }, deposit),
    }
  },
}

const depositData = z.object({
  iban: z.string(),
  cents: z.number(),
  by: z.string(),
  sentAt: z.number().optional(),
})

type Deposit = z.infer<typeof depositData>

const accountState = z.object({ cents: z.number() })

const ACTOR = { id: 'ada', name: 'Ada' }

/** The version of a stream without events. */
const NO_EVENTS = -1

const UNIQUE_VIOLATION = '23505'

const DRAIN_LIMIT = 100

function events(count: number) {
  return Array.from({ length: count }, () => ({ name: 'Deposited' as const, data: deposit }))
}

function meta() {
  return { correlation: randomUUID(), causation: {} }
}

async function drained(app: { drain(): Promise<number> }): Promise<void> {
  while ((await app.drain()) > 0);
}

let loaded: ReturnType<typeof load> | undefined

function loadAct() {
  loaded ??= load()
  return loaded
}

async function load() {
  const { JSONB } = pg.types.builtins
  const before = pg.types.getTypeParser(JSONB) as (text: string) => unknown
  const core = await importQuietly('@rotorsoft/act', () => import('@rotorsoft/act'))
  const { PostgresStore } = await import('@rotorsoft/act-pg')
  const reviving = pg.types.getTypeParser(JSONB) as (text: string) => unknown
  pg.types.setTypeParser(JSONB, before)

  const Account = core
    .state('Account', accountState)
    .init(() => ({ cents: 0 }))
    .emits({ Deposited: depositData })
    .patch({ Deposited: ({ data }, { cents }) => ({ cents: cents + data.cents }) })
    .on('deposit', depositData)
    .emit((data) => ['Deposited', data])
    .build()
  return { ...core, Account, PostgresStore, parsers: { [JSONB]: reviving } }
}

/**
 * Its first import reads the environment, and the manifest in the current folder, which must have a version. By default
 * it logs everything, waits 100 ms at each operation in memory, and ends the process when its store is closed.
 */
async function importQuietly<Module>(packageName: string, importing: () => Promise<Module>): Promise<Module> {
  const { NODE_ENV } = process.env
  const folder = process.cwd()
  const before = EVENTS.flatMap(listenersOf)
  process.env.NODE_ENV = 'test'
  process.chdir(new URL(`node_modules/${packageName}`, import.meta.url).pathname)
  try {
    return await importing()
  } finally {
    process.chdir(folder)
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
    // It would end the process, or not, in place of the main program.
    for (const event of EVENTS) {
      for (const listener of listenersOf(event)) if (!before.includes(listener)) process.off(event, listener)
    }
  }
}

const EVENTS = ['SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection']

function listenersOf(event: string): readonly (() => void)[] {
  return process.listeners(event as NodeJS.Signals) as (() => void)[]
}

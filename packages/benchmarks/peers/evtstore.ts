import {
  createAggregate,
  createCommands,
  createDomain,
  type EventHandler,
  type Provider,
  type ProviderBookmark,
  VersionError,
} from 'evtstore'
import { createProvider as createMemoryProvider } from 'evtstore/provider/memory.js'
import { createProvider, migrate } from 'evtstore/provider/pg.js'
import {
  createProvider as createPostgresJsProvider,
  migrate as migrateByPostgresJs,
} from 'evtstore/provider/postgres.js'
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { CONNECTIONS, parts, poolOf, retried, versionOf } from './adapter-parts.ts'

export const evtstore = contender('evtstore', {
  notes:
    'Its provider for node-postgres, with pages of 1,000 events. Commands by createCommands, tried again at conflicts by ' +
    'its user, as it does not; without its cache of aggregates, and without states in events, so that each load is one. ' +
    'Handlers keep a bookmark in the database, which is written for each event, and poll once a second when they are idle. ' +
    'Catch-up by runOnce, as a handler that is started begins only with its next poll. A handler that is stopped keeps ' +
    'the process alive, so its loop is replaced. It misses events that commit after later ones.',
  connect: async (url) => {
    const client = poolOf(url)
    await migrate({ client, ...TABLES })
    return {
      provider: createProvider({ client, ...LIMITED }),
      head: async () => (await client.query<{ head: unknown }>(HEAD)).rows[0]?.head,
      end: () => client.end(),
    }
  },
  bookmarkAt: async (provider, position) => {
    const name = randomUUID()
    await provider.setPosition(name, position)
    return name
  },
})

export const evtstorePostgresJs = contender('evtstore, postgres.js', {
  notes:
    'As evtstore, but by its provider for Postgres.js, which inserts the events of an append in one statement, and with a ' +
    'bookmark in memory. Its getLastEventFor fails on this provider, and with it the options to begin at the end, so ' +
    'that a follower is given a bookmark there.',
  connect: async (url) => {
    const sql = postgres(url, { max: CONNECTIONS })
    // It fails where the tables are there, in a way that nobody can catch.
    const [{ found } = {}] = await sql`select to_regclass(${TABLES.bookmarks}) as found`
    if (found === null) await migrateByPostgresJs({ sql, ...TABLES })
    return {
      provider: createPostgresJsProvider({ sql, ...LIMITED }),
      head: async () => (await sql.unsafe<{ head: unknown }[]>(HEAD))[0]?.head,
      end: () => sql.end(),
    }
  },
  bookmarkAt: async (_provider, start) => {
    let position = start
    return {
      name: 'in memory',
      getPosition: async () => position,
      setPosition: async (next) => {
        position = next
      },
    }
  },
})

export const evtstoreInMemory: MemoryContender = {
  name: 'evtstore',
  version: versionOf('evtstore'),
  notes: 'Its provider in memory, which looks through all events at each load.',
  open: async () => {
    const provider = createMemoryProvider<Deposited>()
    const { commands } = accountsIn(provider)
    return {
      fill: (id, count) => append(provider, id, 1, count),
      command: (id) => retried(isConflict, () => commands.Deposit(id, {})),
    }
  },
}

interface Setting {
  readonly notes: string
  /** Creates the tables. */
  readonly connect: (url: string) => Promise<{
    readonly provider: Provider<Deposited>
    /** The position of the last event. */
    readonly head: () => Promise<unknown>
    readonly end: () => Promise<void>
  }>
  /** Where a handler begins, and keeps how far it is. */
  readonly bookmarkAt: (
    provider: Provider<Deposited>,
    position: unknown,
  ) => Promise<string | ProviderBookmark>
}

function contender(name: string, { notes, connect, bookmarkAt }: Setting): Contender {
  return {
    name,
    version: versionOf('evtstore'),
    notes,
    open: async (url) => {
      const { provider, head, end } = await connect(url)
      const { domain, commands, createHandler } = accountsIn(provider)
      const command = (id: string, sentAt?: number) =>
        retried(isConflict, () => commands.Deposit(id, sentAt === undefined ? {} : { sentAt }))

      return {
        appendFresh: (id) => append(provider, id, 1, 1),
        command: (id) => command(id),
        fill: async (id, count) => {
          for (const { first, size } of parts(count)) await append(provider, id, first + 1, size)
        },
        load: async (id) => (await domain.account.getAggregate(id)).cents,
        catchUp: async (count) => {
          const handler = createHandler(await bookmarkAt(provider, 0), [STREAM])
          let had = 0
          handler.handle(STREAM, 'Deposited', () => had++)
          await handler.runOnce()
          silence(handler)
          if (had < count) throw new Error(`a handler of ${count} events had ${had}, and then no more`)
        },
        follow: async (arrived) => {
          const handler = createHandler(await bookmarkAt(provider, await head()), [STREAM])
          handler.handle(STREAM, 'Deposited', (_id, { sentAt }) => {
            if (sentAt !== undefined) arrived(sentAt)
          })
          handler.start()
          return async () => {
            silence(handler)
          }
        },
        send: (id, sentAt) => command(id, sentAt),
        close: end,
      }
    },
  }
}

type Deposited = { readonly type: 'Deposited'; readonly sentAt?: number } & typeof deposit

const STREAM = 'accounts'
const HEAD = 'select coalesce(max(position), 0) as head from events'
const TABLES = { events: 'events', bookmarks: 'bookmarks' }
const LIMITED = { ...TABLES, limit: 1_000 }

const account = createAggregate<Deposited, { readonly cents: number }, typeof STREAM>({
  stream: STREAM,
  create: () => ({ cents: 0 }),
  fold: (event, { cents }) => ({ cents: cents + event.cents }),
})

function accountsIn(provider: Provider<Deposited>) {
  const { domain, createHandler } = createDomain({ provider }, { account })
  const commands = createCommands<
    Deposited,
    { readonly cents: number },
    { readonly type: 'Deposit'; readonly sentAt?: number }
  >(domain.account, {
    Deposit: async ({ sentAt }) => ({ ...deposited, ...(sentAt !== undefined && { sentAt }) }),
  })
  return { domain, commands, createHandler }
}

const deposited: Deposited = { type: 'Deposited', ...deposit }

function append(provider: Provider<Deposited>, id: string, version: number, count: number) {
  const events = Array.from({ length: count }, () => deposited)
  return provider.append(STREAM, id, version, provider.createEvents(STREAM, id, version, events))
}

function isConflict(error: unknown): boolean {
  return error instanceof VersionError
}

/** A handler that is stopped polls its flag for ever, which would keep the process alive. */
function silence(handler: EventHandler<Deposited>): void {
  handler.stop()
  handler.__handler.run = async () => undefined
}

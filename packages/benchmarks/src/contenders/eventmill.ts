import { Core, subscribe } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { PostgresStore } from '@eventmill/store-postgres'
import pg from 'pg'
import { Account, accountEvents, accountStream, deposited } from './account.ts'
import { type Contender, deposit, type MemoryContender } from './contender.ts'

const VERSION = 'of this repository'
/** So many aggregates are remembered, where some are. */
const CACHE = 10_000

export const eventmill: Contender = {
  name: 'eventmill',
  version: VERSION,
  notes: 'Defaults: no cache, no snapshots.',
  open: async (url) => {
    const { store, core, fill, close } = await openStore(url, 0)
    return {
      appendFresh: (id) => store.append([{ stream: accountStream(id), expected: 0, events: [deposited] }]),
      command: (id) => core.dispatchCommand(Account.commands.Deposit(id, deposit)),
      fill,
      load: async (id) => (await core.load(Account, id)).state,
      catchUp: async (count) => {
        let seen = 0
        for await (const _event of subscribe(store)) if (++seen === count) return
      },
      follow: async (arrived) => {
        const ending = new AbortController()
        const following = follow(store, await store.head(), ending.signal, arrived)
        return async () => {
          ending.abort()
          await following
        }
      },
      send: (id, sentAt) => {
        const events = [accountEvents.Deposited({ ...deposit, sentAt })]
        return store.append([{ stream: accountStream(id), expected: 'any', events }])
      },
      close,
    }
  },
}

/** It differs in commands alone. */
export const eventmillCached: Contender = {
  name: 'eventmill, cached',
  version: VERSION,
  notes: `A \`Core\` with \`cache: ${CACHE}\`.`,
  open: async (url) => {
    const { core, fill, close } = await openStore(url, CACHE)
    return { command: (id) => core.dispatchCommand(Account.commands.Deposit(id, deposit)), fill, close }
  },
}

async function openStore(url: string, cache: number) {
  const pool = new pg.Pool({ connectionString: url, max: 16 })
  const store = new PostgresStore({ client: pool })
  await store.migrate()
  return {
    store,
    core: new Core(store, { cache }),
    fill: async (id: string, count: number) => {
      for (let filled = 0; filled < count; filled += PAGE) {
        const events = Array.from({ length: Math.min(PAGE, count - filled) }, () => deposited)
        await store.append([{ stream: accountStream(id), expected: filled, events }])
      }
    },
    close: async () => {
      await store.close()
      await pool.end()
    },
  }
}

const PAGE = 1_000

async function follow(
  store: PostgresStore,
  after: number,
  signal: AbortSignal,
  arrived: (sentAt: number) => void,
): Promise<void> {
  for await (const { data } of subscribe(store, { events: accountEvents, after, signal })) {
    if (data.sentAt !== undefined) arrived(data.sentAt)
  }
}

export const eventmillInMemory = inMemory('eventmill', 0, 'Defaults.')
export const eventmillInMemoryCached = inMemory('eventmill, cached', CACHE, eventmillCached.notes)

function inMemory(name: string, cache: number, notes: string): MemoryContender {
  return {
    name,
    version: VERSION,
    notes,
    open: async () => {
      const store = new InMemoryStore()
      const core = new Core(store, { cache })
      return {
        fill: (id, count) =>
          store.append([
            {
              stream: accountStream(id),
              expected: 'any',
              events: Array.from({ length: count }, () => deposited),
            },
          ]),
        command: (id) => core.dispatchCommand(Account.commands.Deposit(id, deposit)),
      }
    },
  }
}

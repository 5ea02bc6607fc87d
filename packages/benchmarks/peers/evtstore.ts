import { createAggregate, createCommands, createDomain, VersionError } from 'evtstore'
import { createProvider as createMemoryProvider } from 'evtstore/provider/memory.js'
import { createProvider, migrate } from 'evtstore/provider/pg.js'
import pg from 'pg'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { batches, retried, versionOf } from './peer.ts'

interface Deposit {
  readonly iban: string
  readonly cents: number
  readonly by: string
  readonly sentAt?: number
}
type Deposited = { type: 'Deposited' } & Deposit
type Command = { type: 'deposit' } & Deposit
interface Account {
  cents: number
}

const account = createAggregate<Deposited, Account, 'accounts'>({
  stream: 'accounts',
  create: () => ({ cents: 0 }),
  fold: (event, { cents }) => ({ cents: cents + event.cents }),
})

function domainOf(provider: Parameters<typeof createDomain>[0]['provider']) {
  const { domain, createHandler } = createDomain({ provider }, { account })
  const commands = createCommands<Deposited, Account, Command>(domain.account, {
    deposit: async ({ aggregateId: _, ...command }) => ({ ...command, type: 'Deposited' }),
  })
  const command = (id: string) =>
    retried(
      () => commands.deposit(id, { ...deposit }),
      (error) => error instanceof VersionError,
    )
  return { domain, createHandler, command }
}

const deposited: Deposited = { type: 'Deposited', ...deposit }
const VERSION = versionOf('evtstore')

export const evtstorePostgres: readonly Contender[] = [
  {
    name: 'evtstore',
    version: VERSION,
    notes:
      'Its provider for pg, with a limit of 1,000 events a page. A handler saves its bookmark after each event, and looks for new events once a second. Positions come from a sequence, and readers may pass over what commits late.',
    open: async (url) => {
      const client = new pg.Pool({ connectionString: url, max: 16 })
      const names = { events: 'events', bookmarks: 'bookmarks' }
      await migrate({ client, ...names })
      const provider = createProvider<Deposited>({ client, ...names, limit: 1_000 })
      const { domain, createHandler, command } = domainOf(provider)
      const versions = new Map<string, number>()
      const append = (id: string, version: number, events: Deposited[]) =>
        provider.append('accounts', id, version, provider.createEvents('accounts', id, version, events))
      let handlers = 0
      const handler = (each: (event: Deposited) => void, options: { tailStream?: boolean } = {}) => {
        const made = createHandler(`handler-${++handlers}`, ['accounts'], options)
        made.handle('accounts', 'Deposited', async (_id, event) => {
          each(event)
        })
        return made
      }
      return {
        appendFresh: (id) => append(id, 0, [deposited]),
        command,
        fill: async (id, count) => {
          let version = 0
          await batches(count, 1_000, async (many) => {
            await append(
              id,
              version,
              Array.from({ length: many }, () => deposited),
            )
            version += many
          })
        },
        load: async (id) => (await domain.account.getAggregate(id)).cents,
        catchUp: async (count) => {
          let seen = 0
          const own = handler(() => {
            seen += 1
          })
          while (seen < count) await own.runOnce()
        },
        follow: async (arrived) => {
          const own = handler(
            ({ sentAt }) => {
              if (sentAt !== undefined) arrived(sentAt)
            },
            { tailStream: true },
          )
          own.start()
          return async () => {
            own.stop()
          }
        },
        send: async (id, sentAt) => {
          // It knows no appends to any version: as its only writer, this one counts.
          const version = versions.get(id) ?? 0
          versions.set(id, version + 1)
          await append(id, version, [{ ...deposited, sentAt }])
        },
        close: () => client.end(),
      }
    },
  },
]

export const evtstoreMemory: MemoryContender = {
  name: 'evtstore',
  version: VERSION,
  notes: 'Defaults.',
  open: async () => {
    const provider = createMemoryProvider<Deposited>()
    const { command } = domainOf(provider)
    return {
      fill: (id, count) => {
        const events = Array.from({ length: count }, () => deposited)
        return provider.append('accounts', id, 0, provider.createEvents('accounts', id, 0, events))
      },
      command,
    }
  },
}

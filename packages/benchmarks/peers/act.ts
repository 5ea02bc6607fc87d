import { z } from 'zod'
import { type Contender, deposit, type MemoryContender } from '../src/contenders/contender.ts'
import { batches, retried, versionOf } from './peer.ts'

// It reads the manifest in the working folder when it is imported, and accepts that of this one. It logs by its environment.
const folder = process.cwd()
process.chdir(import.meta.dirname)
process.env.LOG_LEVEL ??= 'error'
// What closes its store ends the process elsewhere.
process.env.NODE_ENV ??= 'test'
const { act, ConcurrencyError, dispose, state, store } = await import('@rotorsoft/act')
const { PostgresStore } = await import('@rotorsoft/act-pg')
const inMemory = await import('act-in-memory')
process.chdir(folder)

const payload = z.object({
  iban: z.string(),
  cents: z.number(),
  by: z.string(),
  sentAt: z.number().optional(),
})
const actor = { id: 'ada', name: 'Ada' }
const META = { correlation: 'bench', causation: {} }

const Account = state('Account', z.object({ cents: z.number() }))
  .init(() => ({ cents: 0 }))
  .emits({ Deposited: payload })
  .patch({ Deposited: ({ data }, { cents }) => ({ cents: cents + data.cents }) })
  .on('deposit', payload)
  .emit((data) => ['Deposited', data])
  .build()

function actOn(name: string, drainLimit: number, notes: string): Contender {
  return {
    name,
    version: `${versionOf('@rotorsoft/act')}, act-pg ${versionOf('@rotorsoft/act-pg')}`,
    notes,
    open: async (url) => {
      const { hostname: host, port, username: user, password, pathname } = new URL(url)
      const own = new PostgresStore({ host, port: Number(port), user, password, database: pathname.slice(1) })
      // One store serves a whole process.
      await dispose()()
      store(own)
      await own.seed()
      let each: (data: z.infer<typeof payload>) => void = () => undefined
      const app = act()
        .with(Account)
        .on('Deposited')
        .do(async ({ data }) => {
          each(data)
        })
        .to(() => 'reader')
        .build(drainLimit)
      const commit = (id: string, data: z.infer<typeof payload>, count: number, version?: number) =>
        own.commit(
          id,
          Array.from({ length: count }, () => ({ name: 'Deposited', data })),
          META,
          version,
        )
      return {
        appendFresh: (id) => commit(id, deposit, 1, -1),
        command: (id) =>
          retried(
            () => app.do('deposit', { stream: id, actor }, deposit, undefined),
            // Its store lets the driver's own error of a second event with one version pass.
            (error) =>
              error instanceof ConcurrencyError || (error as { readonly code?: string }).code === '23505',
          ),
        fill: (id, count) => batches(count, 1_000, (many) => commit(id, deposit, many)),
        load: async (id) => (await app.load(Account, id)).state.cents,
        catchUp: async (count) => {
          let seen = 0
          each = () => {
            seen += 1
          }
          while (seen < count) await app.drain()
        },
        close: () => dispose()(),
      }
    },
  }
}

export const actPostgres: readonly Contender[] = [
  actOn(
    'act',
    10,
    'Defaults: 10 events are drained at a time. Its reactions run when a program calls drain, so that nothing is told of latency.',
  ),
  actOn('act, tuned', 1_000, '1,000 events are drained at a time.'),
]

export const actMemory: MemoryContender = {
  name: 'act',
  version: versionOf('act-in-memory'),
  notes: 'Defaults.',
  open: async () => {
    const Own = inMemory
      .state({ Account: z.object({ cents: z.number() }) })
      .init(() => ({ cents: 0 }))
      .emits({ Deposited: payload })
      .patch({ Deposited: ({ data }, { cents }) => ({ cents: cents + data.cents }) })
      .on({ deposit: payload })
      .emit((data) => ['Deposited', data])
      .build()
    await inMemory.store().dispose()
    const app = inMemory.act().withState(Own).build()
    return {
      fill: (id, count) =>
        inMemory.store().commit(
          id,
          Array.from({ length: count }, () => ({ name: 'Deposited', data: deposit })),
          META,
        ),
      command: (id) => app.do('deposit', { stream: id, actor }, deposit),
    }
  },
}

import { PostgresStore } from '@eventmill/store-postgres'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { type Random } from '../../../store-conformance/src/random.ts'
import { type MortalServer } from '../postgres-server.ts'
import { type PostgresProxy } from '../proxy.ts'
import { serverClock } from '../server-clock.ts'
import { Author, inTime, POPULAR } from './author.ts'
import { type Deeds } from './deeds.ts'
import { TIMEOUTS } from './timeouts.ts'
import { type WriterProcesses } from './writer-processes.ts'

/** What faults are done to. */
export interface World {
  readonly server: MortalServer
  /** Past every proxy. */
  readonly pool: pg.Pool
  /** Of another database on the same server. */
  readonly elsewhere: pg.Pool
  /** Between some of the writers and the server. */
  readonly proxies: readonly PostgresProxy[]
  readonly processes: WriterProcesses
  readonly deeds: Deeds
  readonly random: Random
  /** Numbers for new writers. */
  readonly writers: { next(): number }
}

export type Fault = (world: World) => Promise<void>

/** The faults by name. */
export const FAULTS: { readonly [name: string]: Fault } = {
  'terminate-appenders': ({ pool, random }) =>
    query(
      pool,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where query like '%.append(%' and pid <> pg_backend_pid() and random() < ${random.of(0.2, 1)}`,
    ),
  'terminate-any': ({ pool, random }) =>
    query(
      pool,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid() and random() < ${random.of(0.1, 1)}`,
    ),
  'kill-server': async ({ server, random }) => {
    await server.kill()
    await setTimeout(random.of(0, 0, 500, 3_000))
    await server.restart()
  },
  'kill-writer': ({ processes, random }) => processes.kill(random.below(100)),
  cut: async ({ proxies, random }) => {
    const proxy = random.of(...asChoices(proxies))
    proxy.appends.cut(random.of('before', 'during', 'after'), random.of(1, 1, 1, 5))
  },
  'hold-up': ({ proxies, random }) => held(random.of(...asChoices(proxies)).appends.holdUp(), random),
  'deliver-late': ({ proxies, random }) =>
    held(random.of(...asChoices(proxies)).appends.deliverLate(), random),
  stall,
  'full-queue': fullQueue,
  bystander: async ({ pool, elsewhere, random }) => {
    await inTransaction(random.of(pool, elsewhere), async (client) => {
      await client.query(
        'create temporary table stands_by (n integer) on commit drop; insert into stands_by values (1)',
      )
      await setTimeout(random.below(4_000))
    })
  },
  clock: async ({ pool, random }) => {
    const setClock = (clock ??= serverClock('eventmill', pool))
    await setClock(Date.now() + random.below(2) * random.below(10_000_000) - random.below(20_000_000))
  },
}

let clock: ReturnType<typeof serverClock> | undefined

/** An append within a transaction that takes its time, and then commits or does not. */
async function stall({ pool, deeds, random, writers }: World): Promise<void> {
  const outside = new PostgresStore({ client: pool, timeouts: TIMEOUTS })
  const [writer, commits] = [writers.next(), random.below(2) === 0]
  const mark = { writer, append: 0 }
  let [asked, position] = [false, 0]
  try {
    await inTransaction(pool, async (client) => {
      const author = new Author(outside, writer, deeds, random)
      const { appends } = author.intent([{ stream: random.of(...asChoices(POPULAR)), generation: 'any' }])
      deeds.intended(mark)
      const { events } = await outside.within(client).append(appends)
      position = events[0]?.position ?? 0
      await setTimeout(random.below(4_000))
      asked = commits
      if (!commits) throw CHANGED
    })
    deeds.acknowledged(mark, position)
  } catch (error) {
    // Whether a commit without an answer took place is for the log to say.
    if (!asked) deeds.rejected(mark, error === CHANGED ? 'rolled back' : 'broken off')
    if (error !== CHANGED) throw error
  } finally {
    await outside.close()
  }
}

const CHANGED = new Error('the transaction is rolled back')

/** More appends at once than can be done until the timeout. */
async function fullQueue({ server, deeds, random, writers }: World): Promise<void> {
  const client = server.pool({ max: 2 })
  const store = new PostgresStore({ client, timeouts: { operation: 150, statement: 2_000 } })
  // Opened, so that it is not the database that they wait for.
  while (
    await store.head().then(
      () => false,
      () => true,
    )
  );
  const author = new Author(store, writers.next(), deeds, random)
  const intents = Array.from({ length: 3_000 }, () =>
    author.intent([{ stream: random.of(...asChoices(POPULAR)), generation: 'any' }]),
  )
  await Promise.all(intents.map((intent) => author.append(intent)))
  await store.close()
  await client.end()
}

async function held(
  hold: { readonly reached: Promise<void>; release(): Promise<void> },
  random: Random,
): Promise<void> {
  await Promise.race([hold.reached, setTimeout(2_000)])
  await setTimeout(random.of(0, 100, 1_000, 1_000, 3_000, 8_000))
  await inTime(hold.release())
}

/** Commits what is done; a client that fails is not used again. */
async function inTransaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  let failed = true
  // It may be terminated while nothing is asked of it.
  const ignore = () => undefined
  client.on('error', ignore)
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
    failed = false
  } finally {
    client.off('error', ignore)
    client.release(failed)
  }
}

async function query(pool: pg.Pool, text: string): Promise<void> {
  await pool.query(text)
}

function asChoices<Choice>(choices: readonly Choice[]): readonly [Choice, ...Choice[]] {
  return choices as readonly [Choice, ...Choice[]]
}

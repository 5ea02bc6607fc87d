import { PostgresStore } from '@eventmill/store-postgres'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Random } from '../../../store-conformance/src/random.ts'
import { startThrowaway } from '../postgres-server.ts'
import { startProxy } from '../proxy.ts'
import { Audit } from './audit.ts'
import { inTime } from './author.ts'
import { Fates } from './deeds.ts'
import { BLOCK } from './digests.ts'
import { Findings } from './findings.ts'
import { mischief } from './mischief.ts'
import { RawLog } from './raw-log.ts'
import { Reader } from './reader.ts'
import { TIMEOUTS } from './timeouts.ts'
import { WriterProcesses } from './writer-processes.ts'
import { write } from './writer.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly seed: number
  /** The names of the faults that are done. */
  readonly faults: readonly string[]
  readonly print: (line: string) => void
  /** Ends it early. */
  readonly signal: AbortSignal
}

/** In milliseconds. */
const PROGRESS = 10_000
/** So many processes write, beside this one. */
const PROCESSES = 3

/**
 * Writes, reads and breaks for a while, and judges all that was seen. Resolves to the number of findings.
 */
export async function soak({ minutes, seed, faults, print, signal }: SoakOptions): Promise<number> {
  const findings = new Findings(print)
  const found = (text: string) => {
    findings.add(text)
  }
  const onUnhandled = (error: unknown) => {
    found(`a rejection is left unhandled: ${String(error)}`)
  }
  process.on('unhandledRejection', onUnhandled)
  const folder = mkdtempSync(join(tmpdir(), 'soak-'))
  const server = await startThrowaway()
  const pool = server.pool({ max: 12 })
  await pool.query('create database elsewhere')
  const elsewhere = server.pool({ database: 'elsewhere', max: 4 })
  await new PostgresStore({ client: pool }).migrate()

  const proxies = await Promise.all(Array.from({ length: PROCESSES + 1 }, () => startProxy(server)))
  const behind = proxies.map(({ port }) => ({ host: '127.0.0.1', port, max: 5 }))
  const pools = {
    direct: server.pool({ max: 10 }),
    behind: server.pool(behind[0]),
    single: server.pool({ max: 1 }),
    reading: server.pool({ max: 4 }),
  }
  const storeOver = (client: keyof typeof pools) =>
    new PostgresStore({ client: pools[client], timeouts: TIMEOUTS })
  const stores = [storeOver('direct'), storeOver('behind'), storeOver('single')] as const

  const fates = new Fates(found)
  const audit = new Audit(fates)
  let writers = 0
  const processes = new WriterProcesses({
    connections: behind.slice(1).map((connection) => ({ ...server.connection, ...connection })),
    folder,
    deeds: fates,
    seed,
    firstWriter: 1_000_000,
  })
  const counts: { [name: string]: number } = {}
  const [stopping, written] = [new AbortController(), new AbortController()]
  const random = (number: number) => new Random(seed * 1_000 + number)

  const writing = [stores[0], stores[0], stores[0], stores[1], stores[1], stores[2]].map((store) => {
    const writer = ++writers
    return write({ store, writer, random: random(writer), deeds: fates, stopped: stopping.signal })
  })
  const readers = [
    new Reader({
      name: 'of all',
      open: () => storeOver('reading'),
      random: random(101),
      found,
      onEvent: (event) => {
        audit.see(event)
      },
    }),
    new Reader({
      name: 'that waits',
      open: () => storeOver('reading'),
      waits: true,
      random: random(102),
      found,
    }),
    new Reader({
      name: 'of the odd',
      open: () => storeOver('direct'),
      odd: true,
      random: random(103),
      found,
    }),
    new Reader({
      name: 'of the odd that waits',
      open: () => storeOver('behind'),
      odd: true,
      waits: true,
      random: random(104),
      found,
    }),
    new Reader({
      name: 'over one connection',
      open: () => storeOver('single'),
      waits: true,
      random: random(105),
      found,
    }),
  ]
  const reading = readers.map((reader) => reader.follow(written.signal))
  const world = {
    server,
    pool,
    elsewhere,
    proxies,
    processes,
    deeds: fates,
    random: random(0),
    writers: { next: () => ++writers },
  }
  const mischievous = mischief(world, faults, stopping.signal, counts)

  const raw = new RawLog(pool)
  const compare = async (log: RawLog, last?: number) => {
    const common = last ?? Math.min(...readers.map(({ checkpoint }) => checkpoint))
    await log.read(common)
    for (const reader of readers) {
      const difference = reader.digests.difference(
        reader.odd ? log.odd : log.all,
        last === undefined ? common : last + BLOCK,
      )
      if (difference !== undefined) {
        found(`the reader ${reader.name} has seen something else than is stored ${difference}`)
      }
    }
  }
  const tell = () => {
    processes.read()
    const events = readers.map(({ events: read }) => read)
    print(
      `${Math.round((performance.now() - start) / 1_000)} s: ${listed(fates.counts)}; events read: ${events.join(', ')}; faults: ${listed(counts)}; ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
    )
  }

  const start = performance.now()
  const end = start + minutes * 60_000
  while (performance.now() < end && !signal.aborted && findings.count === 0) {
    await setTimeout(Math.min(PROGRESS, end - performance.now()), undefined, { signal }).catch(
      () => undefined,
    )
    tell()
    // The server may be away just now.
    await compare(raw).catch(() => undefined)
  }

  stopping.abort()
  await mischievous
  await Promise.all(proxies.map(({ appends }) => appends.end()))
  await Promise.all([...writing, processes.stop()])
  written.abort()
  await Promise.all(reading)
  audit.end()
  fates.judge()
  const { rows } = await pool.query<{ last: string }>(
    'select coalesce(max(position), 0) as last from eventmill.events',
  )
  const last = Number(rows[0]?.last)
  await compare(raw, last)
  // Once more from the beginning: nothing has come behind what was read.
  await compare(new RawLog(pool), last)
  tell()

  await inTime(Promise.all(stores.map((store) => store.close())))
  // It waits for every connection that somebody holds on to.
  await inTime(Promise.all(Object.values(pools).map((each) => each.end())))
  await Promise.all(proxies.map((proxy) => proxy.close()))
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
  process.off('unhandledRejection', onUnhandled)
  return findings.count
}

function listed(counts: { readonly [what: string]: number }): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
}

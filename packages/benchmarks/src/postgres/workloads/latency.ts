import { subscribe } from '@eventmill/core'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type pg from 'pg'
import { type WriterOrder } from '../latency-writer.ts'
import { ageOf } from '../timed-event.ts'
import { withTables } from '../tables.ts'
import { type Bench, type Row, scaled } from '../workload.ts'

/**
 * From a call of append in another process until a live reader has the event, at a slow pace and at a fast one. There are
 * no rounds: all events of one run are ranked together, as a percentile of a few says little.
 */
export async function* latency(bench: Bench): AsyncGenerator<Row, void> {
  for (const perSecond of [5, 1_000]) {
    const count = scaled(bench, bench.rounds * SECONDS * perSecond)
    bench.progress(`latency at ${perSecond}/s`)
    const times = (await measure(bench, { perSecond, count })).toSorted((a, b) => a - b)
    const name = `append to live reader, ${perSecond.toLocaleString('en')}/s`
    yield { name: `${name}, p50`, unit: 'ms', store: [percentile(times, 0.5)], bar: { atMost: 5 } }
    yield { name: `${name}, p99`, unit: 'ms', store: [percentile(times, 0.99)], bar: { atMost: 20 } }
  }
}

/** For each round. */
const SECONDS = 4

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? NaN
}

/** How many milliseconds each event took. */
function measure({ server }: Bench, pace: Pick<WriterOrder, 'count' | 'perSecond'>): Promise<number[]> {
  return withTables(server, async ({ store, schemas, pool }) => {
    const connection = connectionOf(pool)
    const writer = startWriter({ ...pace, warmUp: WARM_UP, schema: schemas.store, connection })
    const ages: number[] = []
    try {
      for await (const event of subscribe(store, { signal: writer.broken })) {
        ages.push(ageOf(event))
        if (ages.length === WARM_UP + pace.count) break
      }
      writer.broken.throwIfAborted()
      // It still has to hear of its last appends, and to disconnect.
      await writer.ended
    } finally {
      writer.kill()
    }
    return ages.slice(WARM_UP)
  })
}

const WARM_UP = 20

/** Another process that writes, when it ended, and a signal that it broke. */
function startWriter(order: WriterOrder) {
  const broken = new AbortController()
  const writer = fork(new URL('../latency-writer.ts', import.meta.url), { execArgv: [] })
  const ended = once(writer, 'exit').then(([code]) => {
    if (code !== 0) broken.abort(new Error(`the process that writes ended with ${code}`))
  })
  writer.send(order)
  return { ended, broken: broken.signal, kill: () => writer.kill() }
}

/** What another process needs to connect as a pool does. */
function connectionOf({ options }: pg.Pool): pg.PoolConfig {
  // The password is not enumerable.
  const { connectionString, host, port, user, password, database } = options
  return { connectionString, host, port, user, password, database }
}

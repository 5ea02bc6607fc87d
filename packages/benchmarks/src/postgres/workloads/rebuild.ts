import { accountStream, deposit, deposited } from '../account.ts'
import { alternate } from '../alternate.ts'
import { heapHeld } from '../heap-held.ts'
import { readRate } from '../rates.ts'
import { vacuum, withTables } from '../tables.ts'
import { type Bench, type Row, scaled } from '../workload.ts'

/** One stream of 100,000 events from its begin to its end: how fast, and how much of it is in memory at a time. */
export async function* rebuild(bench: Bench): AsyncGenerator<Row, void> {
  const count = scaled(bench, 100_000)
  yield* await withTables<readonly Row[]>(bench.server, async ({ store, bare, pool, schemas }) => {
    bench.progress('rebuild: filling')
    for (let filled = 0; filled < count; filled += 1000) {
      const events = Array.from({ length: Math.min(1000, count - filled) }, () => deposited)
      await store.append([{ stream: accountStream(1), expected: filled, events }])
    }
    await bare.fill(1, count, deposit)
    await vacuum(pool, schemas.store)
    await vacuum(pool, schemas.bare)

    const name = `rebuild, ${count.toLocaleString('en')} events`
    const rates = await alternate(bench, name, {
      store: () => readRate(store.readStream(accountStream(1)), count),
      bare: () => readRate(bare.streamPages(1), count),
    })
    bench.progress('rebuild: looking at the heap')
    return [
      { name, unit: '/s', ...rates, bar: { ratio: 1 / 1.5 } },
      {
        name: 'rebuild, heap held at most',
        unit: 'MB',
        store: [await heapHeld(store.readStream(accountStream(1)))],
        bare: [await heapHeld(bare.streamPages(1))],
        bar: { atMost: FLAT },
      },
    ]
  })
}

/** All events would take ten times as many MB. */
const FLAT = 5

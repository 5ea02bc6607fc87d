import { subscribe } from '@eventmill/core'
import { accountStream, deposit, deposited } from '../account.ts'
import { alternate } from '../alternate.ts'
import { rate, readRate } from '../rates.ts'
import { vacuum, withTables } from '../tables.ts'
import { type Bench, type Row, scaled } from '../workload.ts'

/** All of 100,000 events in 1,000 streams, to a subscriber that does nothing, at defaults. */
export async function* catchUp(bench: Bench): AsyncGenerator<Row, void> {
  const streams = scaled(bench, 1_000)
  const count = streams * EACH
  const name = `catch-up, ${count.toLocaleString('en')} events`
  yield await withTables(bench.server, async ({ store, bare, pool, schemas }) => {
    bench.progress('catch-up: filling')
    const events = Array.from({ length: EACH }, () => deposited)
    await rate(16, streams, (stream) =>
      store.append([{ stream: accountStream(stream), expected: 0, events }]),
    )
    await rate(16, streams, (stream) => bare.fill(stream, EACH, deposit))
    await vacuum(pool, schemas.store)
    await vacuum(pool, schemas.bare)
    return {
      name,
      unit: '/s',
      bar: { ratio: 0.4 },
      ...(await alternate(bench, name, {
        store: () => readRate(subscribe(store), count),
        bare: () => readRate(bare.allPages(), count),
      })),
    }
  })
}

const EACH = 100

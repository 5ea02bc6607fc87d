import { accountStream, deposit, deposited } from '../account.ts'
import { alternate } from '../alternate.ts'
import { rate } from '../rates.ts'
import { withTables } from '../tables.ts'
import { type Bench, type Row, scaled } from '../workload.ts'

/** One event of 60 bytes to a stream that is not there yet. */
export async function* appendFresh(bench: Bench): AsyncGenerator<Row, void> {
  for (const { inFlight, count, ...bar } of LOADS) {
    const name = `append, fresh streams, ${inFlight} in flight`
    const times = scaled(bench, count)
    yield await withTables(bench.server, async ({ store, bare }) => ({
      name,
      unit: '/s',
      ...bar,
      ...(await alternate(bench, name, {
        store: (round) =>
          rate(inFlight, times, (index) =>
            store.append([{ stream: accountStream(`${round}-${index}`), expected: 0, events: [deposited] }]),
          ),
        bare: (round) => rate(inFlight, times, (index) => bare.insert(round * times + index, 1, deposit)),
      })),
    }))
  }
}

const LOADS = [
  { inFlight: 1, count: 1_000, bar: { ratio: 0.75 } },
  { inFlight: 16, count: 4_000 },
  { inFlight: 256, count: 10_000, bar: { ratio: 2.5 } },
]

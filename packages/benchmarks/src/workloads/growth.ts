import { subscribe } from '@eventmill/core'
import { accountId, accountStream, deposited } from '../contenders/account.ts'
import { vacuum } from '../contenders/databases.ts'
import { type Tables, withTables } from '../contenders/tables.ts'
import { rate, readRate } from '../measuring/rates.ts'
import { type Bench, type Row, scaled, type Workload } from '../workload.ts'

export const growth: Workload = {
  about: 'eventmill as its log grows from 10 thousand events to 10 million: what it does must not get slower',
  run: measure,
}

async function* measure(bench: Bench): AsyncGenerator<Row, void> {
  const rows = await withTables(bench.server, async (tables) => {
    const all: Row[] = []
    let stored = 0
    for (const size of [10_000, 100_000, 1_000_000, 10_000_000]) {
      const count = scaled(bench, size / 1_000) * 1_000
      bench.progress(`growth: filling up to ${count.toLocaleString('en')}`)
      await fill(tables, stored, count)
      stored = count
      await vacuum(tables)
      all.push(...(await measured(bench, tables, size, count)))
    }
    return all
  })
  yield* rows
}

/** In streams of 1,000, which are stored at once. */
async function fill({ store }: Tables, from: number, to: number): Promise<void> {
  const events = Array.from({ length: 1_000 }, () => deposited)
  await rate(16, (to - from) / 1_000, (index) =>
    store.append([{ stream: accountStream(accountId(from / 1_000 + index)), expected: 0, events }]),
  )
}

async function measured(
  bench: Bench,
  { store }: Tables,
  size: number,
  count: number,
): Promise<readonly Row[]> {
  const appends: number[] = []
  const loads: number[] = []
  const reads: number[] = []
  const few = Math.min(count, 100_000)
  for (let round = 0; round <= bench.rounds; round++) {
    bench.progress(`growth, ${count.toLocaleString('en')} events: round ${round} of ${bench.rounds}`)
    const times = scaled(bench, 5_000)
    const appended = await rate(256, times, (index) =>
      store.append([
        { stream: accountStream(`${size}-${round}-${index}`), expected: 0, events: [deposited] },
      ]),
    )
    const many = scaled(bench, 200)
    const loaded = await rate(16, many, async (index) => {
      const number = Math.floor((index / many) * (count / 1_000))
      for await (const _event of store.readStream(accountStream(accountId(number))));
    })
    const read = await readRate(subscribe(store, { after: (await store.head()) - few }), few)
    if (round === 0) continue
    appends.push(appended)
    loads.push(loaded)
    reads.push(read)
  }
  const row = (what: string, values: readonly number[]): Row => ({
    name: `${what}, ${count.toLocaleString('en')} events stored`,
    unit: '/s',
    values: { eventmill: values },
  })
  return [
    row('append, fresh streams, 256 in flight', appends),
    row('loads of 1,000 events, 16 in flight', loads),
    row(`catch-up with the last ${few.toLocaleString('en')}`, reads),
  ]
}

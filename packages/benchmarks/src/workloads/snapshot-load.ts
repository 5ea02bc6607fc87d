import { Core } from '@eventmill/core'
import { Account, accountStream, deposited } from '../contenders/account.ts'
import { vacuum } from '../contenders/databases.ts'
import { withTables } from '../contenders/tables.ts'
import { type Bench, type Row, scaled, type Workload } from '../workload.ts'

export const snapshotLoad: Workload = {
  about: 'one aggregate of 100,000 events, loaded from a snapshot that lies 50 events before its end',
  run: measure,
}

async function* measure(bench: Bench): AsyncGenerator<Row, void> {
  const count = scaled(bench, 100_000)
  yield await withTables(bench.server, async ({ store, url }) => {
    bench.progress('snapshot load: filling')
    const stream = accountStream(1)
    let last = ''
    for (let filled = 0; filled < count; filled += 1000) {
      const events = Array.from({ length: Math.min(1000, count - filled) }, () => deposited)
      const stored = await store.append([{ stream, expected: filled, events }])
      last = stored.events.at(-1)?.id ?? ''
    }
    await store.snapshots.save(stream, { version: 1, generation: count, eventId: last, state: 0 })
    await store.append([{ stream, expected: count, events: Array.from({ length: 50 }, () => deposited) }])
    await vacuum({ url })
    const times: number[] = []
    for (let round = 0; round <= bench.rounds; round++) {
      bench.progress(`snapshot load: round ${round} of ${bench.rounds}`)
      const core = new Core(store, { snapshots: { store: store.snapshots } })
      const start = performance.now()
      await core.load(Account, '1')
      times.push(performance.now() - start)
    }
    return {
      name: `load, ${count.toLocaleString('en')} events, from a snapshot`,
      unit: 'ms',
      // The first round warms up.
      values: { eventmill: times.slice(1) },
      bar: { of: 'eventmill', atMost: 5 },
    }
  })
}

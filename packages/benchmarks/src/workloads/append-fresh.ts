import { accountId } from '../contenders/account.ts'
import { withContenders } from '../contenders/databases.ts'
import { byTurns } from '../measuring/alternate.ts'
import { rate } from '../measuring/rates.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

export const appendFresh: Workload = {
  about: 'one event of 60 bytes to an aggregate that is not there yet, and must not be',
  run: async function* (bench) {
    for (const { inFlight, count, ...bar } of LOADS) {
      const name = `append, fresh streams, ${inFlight} in flight`
      const times = scaled(bench, count)
      const values = await withContenders(bench, ['appendFresh'], (placed) =>
        byTurns(bench, name, placed, ({ open }, round) =>
          rate(inFlight, times, async (index) => open.appendFresh?.(accountId(round * times + index))),
        ),
      )
      yield { name, unit: '/s', values, ...bar } satisfies Row
    }
  },
}

const LOADS = [
  { inFlight: 1, count: 1_000, bar: { of: 'eventmill', ratio: 0.75 } },
  { inFlight: 16, count: 4_000 },
  { inFlight: 256, count: 10_000, bar: { of: 'eventmill', ratio: 2.5 } },
]

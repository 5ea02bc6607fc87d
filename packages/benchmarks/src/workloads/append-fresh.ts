import { accountId } from '../contenders/account.ts'
import { vacuum, withContenders } from '../contenders/databases.ts'
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
        byTurns(bench, name, placed, async (one, round) => {
          const fresh = round * times
          const reached = await rate(inFlight, times, async (index) =>
            one.open.appendFresh?.(accountId(fresh + index)),
          )
          // As autovacuum would soon: until then, planners know the empty tables of the beginning.
          if (round === 0) await vacuum(one)
          return reached
        }),
      )
      yield { name, unit: '/s', values, ...bar } satisfies Row
    }
  },
}

const WHY_ALONE =
  'Where nothing travels together, an append pays for all that it promises. Of about 500 µs, 300 are those of bare (a round trip, an insert, the disk); creating and locking the stream takes 35, looking whether it is repeated and whether its types are there 15, its verdict 30, its lock and its position 12, the driver and the batch of one 60.'
const WHY_MANY =
  'At its edge: 2.3 to 3.1 in other runs. Each append takes the server about 22 µs, of which 9 go into the row of its stream, which bare has not.'

const LOADS = [
  { inFlight: 1, count: 1_000, bar: { of: 'eventmill', ratio: 0.75, why: WHY_ALONE } },
  { inFlight: 16, count: 4_000 },
  { inFlight: 256, count: 10_000, bar: { of: 'eventmill', ratio: 2.5, why: WHY_MANY } },
]

import { attempt } from '../measuring/attempt.ts'
import { inProcess } from '../processes/in-process.ts'
import { median } from '../report/table.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

/** Each contender has a process of its own: what one holds would slow down the others. */
export const dispatchInMemory: Workload = {
  about:
    'commands one at a time to 1,000 aggregates of a store in memory, of which so many events are stored already, in a process for each contender',
  run: async function* (bench) {
    const cached: number[] = []
    for (const stored of SIZES) {
      const name = `dispatch in memory, ${stored.toLocaleString('en')} events stored`
      const values: { [contender: string]: readonly number[] } = {}
      for (const { name: contender } of bench.memoryContenders) {
        bench.progress(`${name}: ${contender}`)
        const rates = await attempt(bench, contender, () =>
          inProcess('dispatch', {
            contender,
            aggregates: AGGREGATES,
            each: scaled(bench, stored / AGGREGATES),
            times: scaled(bench, COMMANDS),
            rounds: bench.rounds,
          }),
        )
        if (rates !== undefined && rates.length > 0) values[contender] = rates
      }
      const bar = stored === 1_000 ? { bar: { of: 'eventmill, cached', atLeast: 400_000, why: WHY } } : {}
      cached.push(median(values['eventmill, cached'] ?? []))
      yield { name, unit: '/s', values, ...bar } satisfies Row
    }
    const left = (cached.at(-1) ?? NaN) / (cached[0] ?? NaN)
    yield {
      name: 'dispatch in memory, what is left of the rate with 1,000 times as many events stored',
      unit: '',
      values: Number.isFinite(left) ? { 'eventmill, cached': [left] } : {},
      bar: { of: 'eventmill, cached', atLeast: 0.8 },
    } satisfies Row
  },
}

const SIZES = [1_000, 10_000, 100_000, 1_000_000]
const AGGREGATES = 1_000
const COMMANDS = 50_000
/** What limits it. */
const WHY =
  'A bare append to this store takes about 2 µs here, and Emmett, which reached 105,000/s where the bar was set, 65,000/s: the machine is slower. The rest are promises: a dispatch waits for its lane, for the append, and returns.'

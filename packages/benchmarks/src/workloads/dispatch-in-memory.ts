import { inProcess } from '../processes/in-process.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

/** Each contender has a process of its own: what one holds would slow down the others. */
export const dispatchInMemory: Workload = {
  about:
    'commands one at a time to 1,000 aggregates of a store in memory, of which so many events are stored already, in a process for each contender',
  run: async function* (bench) {
    for (const stored of [1_000, 10_000, 100_000, 1_000_000]) {
      const name = `dispatch in memory, ${stored.toLocaleString('en')} events stored`
      const values: { [contender: string]: readonly number[] } = {}
      for (const { name: contender } of bench.memoryContenders) {
        bench.progress(`${name}: ${contender}`)
        const rates = await inProcess('dispatch', {
          contender,
          aggregates: AGGREGATES,
          each: scaled(bench, stored / AGGREGATES),
          times: scaled(bench, COMMANDS),
          rounds: bench.rounds,
        })
        if (rates.length > 0) values[contender] = rates
      }
      const bar = stored === 1_000 ? { bar: { of: 'eventmill, cached', atLeast: 400_000 } } : {}
      yield { name, unit: '/s', values, ...bar } satisfies Row
    }
  },
}

const AGGREGATES = 1_000
const COMMANDS = 50_000

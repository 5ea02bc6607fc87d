import { accountId } from '../contenders/account.ts'
import { alternate } from '../measuring/alternate.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

export const dispatchInMemory: Workload = {
  about:
    'commands one at a time to 1,000 aggregates of a store in memory, of which so many events are stored already',
  run: async function* (bench) {
    for (const stored of [1_000, 10_000, 100_000, 1_000_000]) {
      const name = `dispatch in memory, ${stored.toLocaleString('en')} events stored`
      const times = scaled(bench, COMMANDS)
      const each = scaled(bench, stored / AGGREGATES)
      const sides: { [contender: string]: () => Promise<number> } = {}
      for (const contender of bench.memoryContenders) {
        bench.progress(`${name}: filling ${contender.name}`)
        const store = await contender.open()
        const begin = performance.now()
        let filled = 0
        while (filled < AGGREGATES && performance.now() - begin < LONGEST_FILL) {
          await store.fill(accountId(filled++), each)
        }
        // Who cannot be filled in time has no part in this size.
        if (filled < AGGREGATES) continue
        sides[contender.name] = async () => {
          const start = performance.now()
          let done = 0
          // What is slow is not waited for.
          while (done < times && performance.now() - start < LONGEST) {
            await store.command(accountId(done++ % AGGREGATES))
          }
          return (done * 1_000) / (performance.now() - start)
        }
      }
      const values = await alternate(bench, name, sides)
      const bar = stored === 1_000 ? { bar: { of: 'eventmill, cached', atLeast: 400_000 } } : {}
      yield { name, unit: '/s', values, ...bar } satisfies Row
    }
  },
}

const AGGREGATES = 1_000
const COMMANDS = 50_000
/** In milliseconds. */
const LONGEST = 2_000
const LONGEST_FILL = 30_000

import { accountId } from '../contenders/account.ts'
import { vacuum, withContenders } from '../contenders/databases.ts'
import { attempt } from '../measuring/attempt.ts'
import { inProcess } from '../processes/in-process.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

/** Each load is done in a process of its own, which has loaded something small before. */
export const rebuild: Workload = {
  about: 'one aggregate of 1,000 events and one of 100,000: how long it takes, and how much memory at most',
  run: async function* (bench) {
    for (const length of [1_000, 100_000]) {
      const count = scaled(bench, length)
      const name = `load, ${count.toLocaleString('en')} events`
      const rows = await withContenders(bench, ['load'], async (placed) => {
        const times: Row['values'] = Object.fromEntries(placed.map(({ contender }) => [contender.name, []]))
        const memory = structuredClone(times)
        for (const one of placed) {
          bench.progress(`${name}: filling ${one.contender.name}`)
          await attempt(bench, one.contender.name, async () => {
            await one.open.fill(accountId(1), 1)
            await one.open.fill(accountId(2), count)
            await vacuum(one)
          })
        }
        for (let round = 1; round <= bench.rounds; round++) {
          for (const { contender, url } of round % 2 === 0 ? placed : placed.toReversed()) {
            bench.progress(`${name}: ${contender.name}, round ${round} of ${bench.rounds}`)
            await attempt(bench, contender.name, async () => {
              const loaded = await inProcess('load', { contender: contender.name, url, count })
              ;(times[contender.name] as number[]).push(loaded.milliseconds)
              ;(memory[contender.name] as number[]).push(loaded.megabytes)
            })
          }
        }
        return { times, memory }
      })
      const bar = length < 100_000 ? {} : { bar: { of: 'eventmill', ratio: 1 / 1.5, why: WHY } }
      yield { name, unit: 'ms', values: rows.times, ...bar } satisfies Row
      // What a process takes to start hides what little a short one takes.
      if (length > 1_000) yield { name: `${name}, memory`, unit: 'MB', values: rows.memory } satisfies Row
    }
  },
}

const WHY =
  'At its edge: 0.7 to 1.0 in other runs, and more where a core is free, as the server reads the next page while the events of one are made.'

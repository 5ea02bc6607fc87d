import { withContenders } from '../contenders/databases.ts'
import { attempt } from '../measuring/attempt.ts'
import { inProcess } from '../processes/in-process.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

export const writers: Workload = {
  about: 'fresh streams from 1 to 8 processes that write to one database, 64 in flight each',
  run: async function* (bench) {
    for (const processes of [1, 2, 4, 8].filter((some) => some <= scaled(bench, 8))) {
      const name = `append, fresh streams, ${processes} ${processes === 1 ? 'process' : 'processes'}`
      const own = {
        ...bench,
        contenders: bench.contenders.filter(({ name }) => ['bare', 'eventmill'].includes(name)),
      }
      const each = scaled(bench, Math.round(40_000 / processes))
      const values = await withContenders(own, ['appendFresh'], async (placed) => {
        const all: { [contender: string]: number[] } = {}
        for (let round = 0; round < bench.rounds; round++) {
          for (const { contender, url } of placed) {
            bench.progress(`${name}: ${contender.name}, round ${round + 1} of ${bench.rounds}`)
            await attempt(bench, contender.name, async () => {
              const rates = await Promise.all(
                Array.from({ length: processes }, (_, index) => {
                  const first = (round * processes + index) * each
                  return inProcess('append', { contender: contender.name, url, first, count: each })
                }),
              )
              ;(all[contender.name] ??= []).push(rates.reduce((sum, rate) => sum + rate, 0))
            })
          }
        }
        return all
      })
      yield { name, unit: '/s', values } satisfies Row
    }
  },
}

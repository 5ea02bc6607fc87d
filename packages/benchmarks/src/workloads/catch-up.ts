import { accountId } from '../contenders/account.ts'
import { vacuum, withContenders } from '../contenders/databases.ts'
import { byTurns } from '../measuring/alternate.ts'
import { attempt } from '../measuring/attempt.ts'
import { rate } from '../measuring/rates.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

export const catchUp: Workload = {
  about: 'all of 100,000 events in 1,000 streams, to a consumer that does nothing',
  run: async function* (bench) {
    const streams = scaled(bench, 1_000)
    const count = streams * EACH
    const name = `catch-up, ${count.toLocaleString('en')} events`
    const values = await withContenders(bench, ['catchUp'], async (placed) => {
      for (const one of placed) {
        bench.progress(`${name}: filling ${one.contender.name}`)
        await attempt(bench, one.contender.name, async () => {
          await rate(16, streams, (stream) => one.open.fill(accountId(stream), EACH))
          await vacuum(one)
        })
      }
      return byTurns(bench, name, placed, async ({ open }) => {
        const start = performance.now()
        await open.catchUp?.(count)
        return (count * 1_000) / (performance.now() - start)
      })
    })
    yield { name, unit: '/s', bar: { of: 'eventmill', ratio: 0.4 }, values } satisfies Row
  },
}

const EACH = 100

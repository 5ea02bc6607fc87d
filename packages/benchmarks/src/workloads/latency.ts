import { setTimeout } from 'node:timers/promises'
import { withResolvers } from '@eventmill/core/adapter'
import { accountId } from '../contenders/account.ts'
import { type Placed, withContenders } from '../contenders/databases.ts'
import { attempt } from '../measuring/attempt.ts'
import { now } from '../measuring/clock.ts'
import { send } from '../measuring/send.ts'
import { inProcess } from '../processes/in-process.ts'
import { type Bench, type Row, scaled, type Workload } from '../workload.ts'

/** There are no rounds: all events of one run are ranked together, as a percentile of a few says little. */
export const latency: Workload = {
  about:
    'from a call that stores an event until a live handler has it, in the same process and in another one',
  run: async function* (bench) {
    for (const where of ['same process', 'another process'] as const) {
      for (const perSecond of [5, 1_000]) {
        const name = `append to live handler, ${where}, ${perSecond.toLocaleString('en')}/s`
        const middle: { [contender: string]: readonly number[] } = {}
        const worst: { [contender: string]: readonly number[] } = {}
        await withContenders(bench, ['follow', 'send'], async (placed) => {
          for (const one of placed) {
            bench.progress(`${name}: ${one.contender.name}`)
            const { name: contender } = one.contender
            const ages = await attempt(bench, contender, () => measure(bench, one, where, perSecond))
            // Some only follow what their own process stores.
            if (ages === undefined || ages.length === 0) continue
            const sorted = ages.toSorted((a, b) => a - b)
            middle[contender] = [percentile(sorted, 0.5)]
            worst[contender] = [percentile(sorted, 0.99)]
          }
        })
        yield {
          name: `${name}, p50`,
          unit: 'ms',
          values: middle,
          bar: { of: 'eventmill', atMost: 5, why: WHY },
        } satisfies Row
        yield {
          name: `${name}, p99`,
          unit: 'ms',
          values: worst,
          bar: { of: 'eventmill', atMost: 20 },
        } satisfies Row
      }
    }
  },
}

/** For each round. */
const SECONDS = 4
const WARM_UP = 20
/** In milliseconds. */
const PATIENCE = 10_000

/** How many milliseconds each event took. */
async function measure(
  bench: Bench,
  { contender, open, url }: Placed,
  where: 'same process' | 'another process',
  perSecond: number,
): Promise<readonly number[]> {
  const count = scaled(bench, bench.rounds * SECONDS * perSecond)
  const ages: number[] = []
  const all = withResolvers()
  const end = await open.follow?.((sentAt) => {
    ages.push(now() - sentAt)
    if (ages.length === WARM_UP + count) all.resolve()
  })
  const order = { warmUp: WARM_UP, count, perSecond }
  const sending =
    where === 'another process'
      ? inProcess('send', { contender: contender.name, url, ...order })
      : send(open, order, accountId)
  try {
    await sending
    // Some libraries lose events where several are stored at once.
    await Promise.race([all.promise, setTimeout(PATIENCE, undefined, { ref: false })])
  } finally {
    await end?.()
  }
  return ages.slice(WARM_UP)
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(sorted.length * part) - 1] ?? NaN
}

const WHY =
  'Five events a second find everything asleep, and each round trip takes twice as long as at 1,000/s. There are four, one after the other: the append, the notification, where the log ends, and the events.'

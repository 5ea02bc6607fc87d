import { accountId } from '../contenders/account.ts'
import { contenderNamed, memoryContenderNamed } from '../contenders/contenders.ts'
import { deposit } from '../contenders/contender.ts'
import { rate } from '../measuring/rates.ts'
import { type Pace, send } from '../measuring/send.ts'

/** What is done in processes of their own. Each opens a contender whose tables are there. */
export const errands = {
  /** Loads an aggregate of so many events once, after one of a single event. */
  load: async ({ contender, url, count }: Place & { readonly count: number }) => {
    const open = await (await contenderNamed(contender)).open(url)
    await open.load?.(accountId(1))
    globalThis.gc?.()
    const before = process.memoryUsage.rss()
    const start = performance.now()
    const cents = await open.load?.(accountId(2))
    const milliseconds = performance.now() - start
    const most = process.resourceUsage().maxRSS * 1024
    if (cents !== count * deposit.cents) {
      throw new Error(`${contender} loaded ${cents} cents of ${count} events`)
    }
    return { milliseconds, megabytes: Math.max(0, most - before) / 2 ** 20 }
  },
  send: async ({ contender, url, ...pace }: Place & Pace) => {
    const open = await (await contenderNamed(contender)).open(url)
    await send(open, pace, accountId)
    await open.close()
  },
  /** Stores events in fresh aggregates, whose numbers begin there, 64 in flight. Resolves to how many a second. */
  append: async ({
    contender,
    url,
    first,
    count,
  }: Place & { readonly first: number; readonly count: number }) => {
    const open = await (await contenderNamed(contender)).open(url)
    const perSecond = await rate(64, count, async (index) => open.appendFresh?.(accountId(first + index)))
    await open.close()
    return perSecond
  },
  /**
   * Sends commands one at a time to aggregates in memory that have so many events each, `rounds` times after one to warm up.
   * Resolves to how many a second, or to nothing where they could not be filled in time.
   */
  dispatch: async ({ contender, aggregates, each, times, rounds }: Dispatching) => {
    const store = await (await memoryContenderNamed(contender)).open()
    const begin = performance.now()
    for (let filled = 0; filled < aggregates; filled++) {
      if (performance.now() - begin > LONGEST_FILL) return []
      await store.fill(accountId(filled), each)
    }
    const rates: number[] = []
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now()
      let done = 0
      // What is slow is not waited for.
      while (done < times && performance.now() - start < LONGEST_ROUND) {
        await store.command(accountId(done++ % aggregates))
      }
      if (round > 0) rates.push((done * 1_000) / (performance.now() - start))
    }
    return rates
  },
}

/** In milliseconds. */
const LONGEST_FILL = 30_000
const LONGEST_ROUND = 2_000

interface Dispatching {
  readonly contender: string
  readonly aggregates: number
  readonly each: number
  readonly times: number
  readonly rounds: number
}

export type Errands = typeof errands
export type Errand = keyof Errands

/** Where a contender is. */
interface Place {
  readonly contender: string
  readonly url: string
}

import { Core } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { Counter, counterEvents, fill } from './counter.ts'
import { rate } from './rate.ts'

const AGGREGATES = 1_000
const COMMANDS_EACH = 50

/** How often a second something is done. */
export interface DispatchRates {
  readonly cached: number
  readonly uncached: number
  readonly appends: number
}

/**
 * Commands, one at a time, to 1,000 fresh aggregates in a store that holds so many events already, with a cache and
 * without, beside bare appends of the same events to the same store.
 */
export async function inMemoryDispatch(stored: number): Promise<DispatchRates> {
  const store = new InMemoryStore()
  await fill(store, stored)
  const times = AGGREGATES * COMMANDS_EACH
  const dispatched = (core: Core, prefix: string) =>
    rate(times, async (round) => {
      const ids = Array.from({ length: AGGREGATES }, (_, index) => `${prefix}${round}-${index}`)
      for (let index = 0; index < times; index++) {
        const id = ids[index % AGGREGATES] ?? ''
        await core.dispatchCommand(Counter.commands.Increment(id, { by: 1 }))
      }
    })
  const cached = await dispatched(new Core(store, { cache: AGGREGATES }), 'c')
  const uncached = await dispatched(new Core(store), 'u')
  const appends = await rate(times, async (round) => {
    for (let index = 0; index < times; index++) {
      const stream = { aggregateType: 'Counter', aggregateId: `a${round}-${index % AGGREGATES}` }
      await store.append([{ stream, expected: 'any', events: [counterEvents.Incremented({ by: 1 })] }])
    }
  })
  return { cached, uncached, appends }
}

import { accountStream, deposited } from '../contenders/account.ts'
import { deposit } from '../contenders/contender.ts'
import { vacuum } from '../contenders/databases.ts'
import { withTables } from '../contenders/tables.ts'
import { alternate } from '../measuring/alternate.ts'
import { rate } from '../measuring/rates.ts'
import { type Bench, type Row, scaled, type Workload } from '../workload.ts'

export const appendExisting: Workload = {
  about:
    'one event of 60 bytes to one of 256 streams, which are expected at any generation, or at the very one',
  run: async function* (bench) {
    for (const expected of ['any', 'exact'] as const) {
      for (const load of LOADS) yield await measure(bench, expected, load)
    }
  },
}

type Load = Pick<Row, 'bar'> & { readonly inFlight: number; readonly count: number }

const LOADS: readonly Load[] = [
  { inFlight: 1, count: 1_000, bar: { of: 'eventmill', ratio: 0.75, why: 'As to fresh streams.' } },
  { inFlight: 16, count: 4_000 },
  { inFlight: 256, count: 10_000, bar: { of: 'eventmill', ratio: 2.5 } },
]

function measure(bench: Bench, expected: 'any' | 'exact', { inFlight, count, ...bar }: Load): Promise<Row> {
  const name = `append, 256 streams, ${expected}, ${inFlight} in flight`
  const times = scaled(bench, count)
  return withTables(bench.server, async ({ store, bare, url }) => {
    const generations = { store: new Generations(), bare: new Generations() }
    const appendToStore = (stream: number) => {
      const generation = generations.store.next(stream) - 1
      return store.append([
        {
          stream: accountStream(stream),
          expected: expected === 'any' ? 'any' : generation,
          events: [deposited],
        },
      ])
    }
    const insert = (stream: number) => bare.insert(stream, generations.bare.next(stream), deposit)

    await rate(16, STREAMS, appendToStore)
    await rate(16, STREAMS, insert)
    await vacuum({ url })
    const values = await alternate(bench, name, {
      eventmill: () => rate(inFlight, times, (index) => appendToStore(index % STREAMS)),
      bare: () => rate(inFlight, times, (index) => insert(index % STREAMS)),
    })
    return { name, unit: '/s', ...bar, values }
  })
}

const STREAMS = 256

/** How long each stream is. Never two appends to the same one are in flight, so it is known before. */
class Generations {
  readonly #known = new Map<number, number>()

  next(stream: number): number {
    const next = (this.#known.get(stream) ?? 0) + 1
    this.#known.set(stream, next)
    return next
  }
}

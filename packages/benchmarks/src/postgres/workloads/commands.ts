import { Core } from '@eventmill/core'
import { Account, accountStream, deposit, deposited } from '../account.ts'
import { alternate } from '../alternate.ts'
import { rate } from '../rates.ts'
import { type Tables, vacuum, withTables } from '../tables.ts'
import { type Bench, type Row, scaled } from '../workload.ts'

/**
 * Commands to 256 aggregates that exist, with a cache and without, beside a read of the stream and an insert. Their
 * streams grow from 15 events to 25 and give way to the next 256 then, so that the length stays the same however fast it
 * goes; a cache knows none of them before the first command of each round.
 */
export async function* commands(bench: Bench): AsyncGenerator<Row, void> {
  for (const { inFlight, count, cache, ...bar } of LOADS) {
    const name = `commands, streams of 20, ${inFlight} in flight, ${cache > 0 ? 'cached' : 'no cache'}`
    const times = scaled(bench, count)
    yield await withTables(bench.server, async (tables) => {
      const { store, bare } = tables
      const core = new Core(store, { cache })
      return {
        name,
        unit: '/s',
        ...bar,
        ...(await alternate(bench, name, {
          store: async (round) => {
            const ids = accounts(round, times)
            await fillStore(tables, new Set(ids))
            return rate(inFlight, times, async (index) =>
              core.dispatchCommand(Account.commands.Deposit(String(ids[index]), deposit)),
            )
          },
          bare: async (round) => {
            const ids = accounts(round, times)
            await fillBare(tables, new Set(ids))
            return rate(inFlight, times, async (index) => {
              const stream = ids[index] ?? 0
              const events = await bare.stream(stream)
              await bare.insert(stream, events.length + 1, deposit)
            })
          },
        })),
      }
    })
  }
}

/** The account of each command of a round. */
function accounts(round: number, times: number): readonly number[] {
  const first = round * times
  return Array.from(
    { length: times },
    (_, index) => first + Math.floor(index / (256 * 10)) * 256 + (index % 256),
  )
}

async function fillStore({ store, pool, schemas }: Tables, ids: ReadonlySet<number>): Promise<void> {
  const events = Array.from({ length: 15 }, () => deposited)
  const filling = [...ids]
  await rate(64, filling.length, async (index) =>
    store.append([{ stream: accountStream(filling[index] ?? 0), expected: 0, events }]),
  )
  await vacuum(pool, schemas.store)
}

async function fillBare({ bare, pool, schemas }: Tables, ids: ReadonlySet<number>): Promise<void> {
  const filling = [...ids]
  await rate(16, filling.length, async (index) => bare.fill(filling[index] ?? 0, 15, deposit))
  await vacuum(pool, schemas.bare)
}

const LOADS = [
  { inFlight: 1, count: 1_000, cache: 0 },
  { inFlight: 1, count: 1_000, cache: 1_000 },
  { inFlight: 16, count: 4_000, cache: 0 },
  { inFlight: 16, count: 4_000, cache: 1_000 },
  { inFlight: 256, count: 10_000, cache: 0 },
  { inFlight: 256, count: 10_000, cache: 1_000, bar: { ratio: 2.5 } },
]

import { accountId } from '../contenders/account.ts'
import { type Placed, vacuum, withContenders } from '../contenders/databases.ts'
import { byTurns } from '../measuring/alternate.ts'
import { rate } from '../measuring/rates.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

/**
 * The streams grow from 15 events to 25 and give way to the next 256 then, so that the length stays the same however fast
 * it goes; a cache knows none of them before the first command of each round.
 */
export const commands: Workload = {
  about: 'commands to 256 aggregates of 20 events; for bare, a read of the stream and an insert',
  run: async function* (bench) {
    for (const { inFlight, count, ...bar } of LOADS) {
      const name = `commands, streams of 20, ${inFlight} in flight`
      const times = scaled(bench, count)
      const values = await withContenders(bench, ['command'], (placed) =>
        byTurns(bench, name, placed, async (one, round) => {
          const ids = accounts(round, times)
          await fill(one, new Set(ids))
          return rate(inFlight, times, async (index) => one.open.command?.(ids[index] ?? ''))
        }),
      )
      yield { name, unit: '/s', values, ...bar } satisfies Row
    }
  },
}

/** The account of each command of a round. */
function accounts(round: number, times: number): readonly string[] {
  const first = round * times
  return Array.from({ length: times }, (_, index) =>
    accountId(first + Math.floor(index / (STREAMS * 10)) * STREAMS + (index % STREAMS)),
  )
}

async function fill(placed: Placed, ids: ReadonlySet<string>): Promise<void> {
  const filling = [...ids]
  await rate(16, filling.length, async (index) => placed.open.fill(filling[index] ?? '', 15))
  await vacuum(placed)
}

const STREAMS = 256

const LOADS = [
  { inFlight: 1, count: 2_560 },
  { inFlight: 16, count: 2_560 },
  { inFlight: 256, count: 5_120, bar: { of: 'eventmill, cached', ratio: 2.5 } },
]

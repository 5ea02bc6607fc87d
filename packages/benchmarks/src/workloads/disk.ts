import { type AppendOptions, type Metadata, type NewEvent } from '@eventmill/core'
import { uuidv7 } from '@eventmill/core/adapter'
import { accountId, accountStream, deposited } from '../contenders/account.ts'
import { bytesOf, vacuum, withContenders } from '../contenders/databases.ts'
import { attempt } from '../measuring/attempt.ts'
import { rate } from '../measuring/rates.ts'
import { withTables } from '../contenders/tables.ts'
import { type Bench, type Row, scaled, type Workload } from '../workload.ts'

/** One event an append, as busy streams mix: indexes do not fill up as well as where each stream is written in one go. */
export const disk: Workload = {
  about: 'bytes for each of 50,000 events of 60 bytes in streams of 100, stored one by one',
  run: async function* (bench) {
    const streams = scaled(bench, 500)
    const count = streams * EACH
    const tables: { [contender: string]: readonly number[] } = {}
    const indexes: { [contender: string]: readonly number[] } = {}
    const all: { [contender: string]: readonly number[] } = {}
    await withContenders(bench, ['send'], async (placed) => {
      for (const one of placed) {
        const { name } = one.contender
        const empty = await bytesOf(one)
        bench.progress(`disk: filling ${name}`)
        await attempt(bench, name, async () => {
          // The time is a part of the payload here: it is 60 bytes without.
          await rate(inFlight(streams), count, async (index) =>
            one.open.send?.(accountId(index % streams), 0),
          )
          await vacuum(one)
          const full = await bytesOf(one)
          tables[name] = [(full.tables - empty.tables) / count]
          indexes[name] = [(full.indexes - empty.indexes) / count]
          all[name] = [(tables[name][0] ?? 0) + (indexes[name][0] ?? 0)]
        })
      }
    })
    yield { name: 'disk for an event, 73 bytes, tables', unit: 'B', values: tables } satisfies Row
    yield { name: 'disk for an event, 73 bytes, indexes', unit: 'B', values: indexes } satisfies Row
    yield { name: 'disk for an event, 73 bytes', unit: 'B', values: all } satisfies Row
    for (const kind of KINDS) yield await measureOwn(bench, kind)
  },
}

const EACH = 100

/** Never two appends to one stream at a time: those of a stream come one after the other where this divides their number. */
function inFlight(streams: number): number {
  return Array.from({ length: 64 }, (_, index) => 64 - index).find((some) => streams % some === 0) ?? 1
}

interface Kind extends Required<Pick<Row, 'name' | 'bar'>> {
  readonly metadata: () => Metadata | undefined
  readonly options: () => AppendOptions
}

const KINDS: readonly Kind[] = [
  {
    name: 'disk for an event, 60 bytes',
    metadata: () => undefined,
    options: () => ({}),
    bar: { of: 'eventmill', atMost: 220 },
  },
  {
    name: 'disk for an event, 60 bytes, commit ids, correlation',
    metadata: () => ({ correlationId: uuidv7(Date.now()), causationId: uuidv7(Date.now()) }),
    options: () => ({ commitId: uuidv7(Date.now()) }),
    bar: { of: 'eventmill', atMost: 330 },
  },
]

function measureOwn(bench: Bench, { name, metadata, options, bar }: Kind): Promise<Row> {
  const streams = scaled(bench, 1_000)
  const count = streams * EACH
  return withTables(bench.server, async ({ store, url }) => {
    const empty = await bytesOf({ url })
    bench.progress(`${name}: filling`)
    await rate(inFlight(streams), count, (index) => {
      const event: NewEvent = { ...deposited, metadata: metadata() }
      return store.append(
        [{ stream: accountStream(index % streams), expected: 'any', events: [event] }],
        options(),
      )
    })
    await vacuum({ url })
    const full = await bytesOf({ url })
    const bytes = full.tables + full.indexes - empty.tables - empty.indexes
    return { name, unit: 'B', values: { eventmill: [bytes / count] }, bar }
  })
}

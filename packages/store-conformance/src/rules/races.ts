import { type EventStore } from '@eventmill/core'
import { liveReader } from '../oracles/live-reader.ts'
import { judge, noDeeds, readLog, type Trouble, write } from '../oracles/witnessed.ts'
import { Random } from '../random.ts'
import { type Declined, type Fixture, offered, type Rule } from '../rule.ts'
import { oneTo } from '../workload.ts'

/** What holds while many write and many read, judged by two oracles. */
export const raceRules: readonly Rule[] = [
  {
    id: 'race/log-is-legal',
    title:
      'whatever races, every append in the log met its expectation where it stands, and none is lost or doubled',
    why: 'Under load, and only then, a decision rests on a state that never was.',
    level: 'must',
    needs: [],
    timeout: 120_000,
    run: (fixture) => writersRace(fixture, { several: false }),
  },
  {
    id: 'race/log-is-legal-over-streams',
    title: 'the same holds of appends over several streams, and of what they only check',
    why: 'Under load, and only then, an invariant over two aggregates breaks.',
    level: 'must',
    needs: ['multiStream'],
    timeout: 120_000,
    run: (fixture) => writersRace(fixture, { several: true }),
  },
  {
    id: 'race/readers-miss-nothing',
    title:
      'whoever follows the log, from anywhere, filtered or not, restarted or not, sees every event once, in order',
    why: 'A read model misses an order that was stored before one it has seen, for ever.',
    level: 'must',
    needs: [],
    timeout: 120_000,
    run: (fixture, declined) => readersFollow(fixture, declined),
  },
  {
    id: 'race/readers-beside-faults',
    title: 'the same holds beside writers that lose their connections and commit late',
    why: 'One slow writer is enough for a read model to pass over what it commits.',
    level: 'must',
    needs: ['faults'],
    timeout: 120_000,
    run: (fixture, declined) =>
      readersFollow(fixture, declined, { faults: offered(fixture.faults, 'faults') }),
  },
  {
    id: 'race/readers-beside-stalls',
    title: 'the same holds beside writers that stall after their positions were given out',
    why: 'A read model that has passed a position never looks there again.',
    level: 'must',
    needs: ['stalls'],
    timeout: 120_000,
    run: (fixture, declined) =>
      readersFollow(fixture, declined, { stall: offered(fixture.stall?.bind(fixture), 'stalls') }),
  },
  {
    id: 'race/elsewhere',
    title: 'the same holds among processes or threads, for those who write and for those who read',
    why: 'What one process guards in its own memory, the second instance of the service does not know of.',
    level: 'must',
    needs: ['elsewhere'],
    timeout: 120_000,
    run: async (fixture, declined) => {
      const elsewhere = await Promise.all(
        oneTo(4).map(() => offered(fixture.connectElsewhere?.(), 'elsewhere')),
      )
      await readersFollow(fixture, declined, {}, elsewhere)
    },
  },
]

/** Lets writers write and readers follow; with handles elsewhere, every other one of them is there. */
async function readersFollow(
  fixture: Fixture,
  declined: Declined = {},
  trouble: Trouble = {},
  elsewhere: readonly EventStore[] = [],
): Promise<void> {
  const deeds = noDeeds()
  const there = (number: number) => (number % 2 === 0 ? elsewhere[number % elsewhere.length] : undefined)
  const first = await fixture.connect()
  await write(first, 'w0', { random: new Random(0), appends: 10, several: false, deeds })
  const positions = (await readLog(first)).map(({ position }) => position)
  let writing = 6
  const writers = oneTo(writing).map(async (writer) => {
    try {
      const store = there(writer) ?? (await fixture.connect())
      const { multiStream } = store.capabilities
      const random = new Random(writer)
      const options = { random, appends: 40, several: multiStream, deeds, trouble }
      await write(store, `w${writer}`, { ...options, aborts: elsewhere.length === 0 })
    } finally {
      writing -= 1
    }
  })
  const readers = oneTo(6).map(async (number) => {
    const far = there(number)
    const connect = () => (far === undefined ? fixture.connect() : Promise.resolve(far))
    const closes = far === undefined && declined.reopen === undefined
    const random = new Random(100 + number)
    const after = number <= 2 ? 0 : (positions[random.below(positions.length)] ?? 0)
    const filter = number % 3 === 0 ? [{ types: ['Odd'] }] : undefined
    const reader = liveReader({ name: `r${number}`, connect, closes, after, filter, random })
    await reader.follow(() => writing === 0)
    return reader
  })
  const [followers] = await Promise.all([Promise.all(readers), Promise.all(writers)])
  const log = await readLog(await fixture.connect())
  for (const reader of followers) reader.compare(log)
  judge(log, deeds)
}

async function writersRace(fixture: Fixture, { several }: { readonly several: boolean }): Promise<void> {
  const deeds = noDeeds()
  const writers = oneTo(4).map(async (handle) => {
    const store = await fixture.connect()
    // Two to a handle: they must not share a transaction as well.
    const two = [2 * handle - 1, 2 * handle].map((writer) =>
      write(store, `w${writer}`, { random: new Random(writer), appends: 60, several, deeds, aborts: true }),
    )
    await Promise.all(two)
  })
  await Promise.all(writers)
  judge(await readLog(await fixture.connect()), deeds)
}

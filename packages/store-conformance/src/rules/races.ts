import { liveReader } from '../oracles/live-reader.ts'
import { judge, noDeeds, readLog, write } from '../oracles/witnessed.ts'
import { Random } from '../random.ts'
import { type Faults, type Fixture, type Rule } from '../rule.ts'
import { upTo } from '../workload.ts'

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
    run: (fixture) => readersFollow(fixture, undefined),
  },
  {
    id: 'race/readers-beside-stalls',
    title: 'the same holds beside writers that stall, lose their connections and commit late',
    why: 'One slow writer is enough for a read model to pass over what it commits.',
    level: 'must',
    needs: ['faults'],
    timeout: 120_000,
    run: (fixture) => readersFollow(fixture, fixture.faults),
  },
]

async function readersFollow(fixture: Fixture, faults: Faults | undefined): Promise<void> {
  const deeds = noDeeds()
  let writing = 6
  const writers = upTo(writing).map(async (writer) => {
    try {
      const store = await fixture.connect()
      const { multiStream } = store.capabilities
      const random = new Random(writer)
      await write(store, `w${writer}`, { random, appends: 40, several: multiStream, deeds, faults })
    } finally {
      writing -= 1
    }
  })
  const readers = upTo(6).map(async (number) => {
    const connect = () => fixture.connect()
    const random = new Random(100 + number)
    const after = number % 3 === 0 ? await (await connect()).head() : 0
    const filter = number % 2 === 0 ? [{ types: ['Odd'] }] : undefined
    const reader = liveReader({ name: `r${number}`, connect, after, filter, random })
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
  const writers = upTo(8).map(async (writer) =>
    write(await fixture.connect(), `w${writer}`, { random: new Random(writer), appends: 60, several, deeds }),
  )
  await Promise.all(writers)
  judge(await readLog(await fixture.connect()), deeds)
}

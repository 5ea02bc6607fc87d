import { type DomainEvent, type EventStore, type NewEvent } from '@eventmill/core'
import { type Rule } from '../rule.ts'
import { verify, verifyEqual } from '../verify.ts'
import { grow, noted, numbers, oneTo, stream, to } from '../workload.ts'

/** What reads of many events do, which no store holds in memory. */
export const longReadRules: readonly Rule[] = [
  {
    id: 'read/pages',
    title:
      'a read of many events skips and repeats none, forwards or backwards, filtered or not, whatever its limit',
    why: 'At the border between two pages an event is projected twice, or never.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const count = 2_600
      await fill(store, count)
      const forwards = oneTo(count)
      const backwards = forwards.toReversed()
      const even = (n: number) => n % 2 === 0
      const filter = [{ types: ['Even'] }]
      for (const limit of [undefined, 999, 1_000, 1_001, 2_500]) {
        const what = `a read of ${count} events with the limit ${limit ?? 'none'}`
        const first = (all: readonly number[]) => all.slice(0, limit)
        verifyEqual(await numbers(store.readStream(stream('a'), { limit })), first(forwards), what)
        verifyEqual(await numbers(store.readAll({ limit })), first(forwards), what)
        const reverse = { limit, backwards: true }
        verifyEqual(
          await numbers(store.readStream(stream('a'), reverse)),
          first(backwards),
          `${what}, backwards,`,
        )
        verifyEqual(await numbers(store.readAll(reverse)), first(backwards), `${what}, backwards,`)
        const matching = await numbers(store.readAll({ limit, filter }))
        verifyEqual(matching, first(forwards.filter(even)), `${what}, filtered,`)
        const reversed = await numbers(store.readAll({ ...reverse, filter }))
        verifyEqual(reversed, first(backwards.filter(even)), `${what}, filtered and backwards,`)
      }
    },
  },
  {
    id: 'read/pages-beside-writers',
    title:
      'a read of many events skips and repeats none although others append meanwhile, forwards or backwards',
    why: 'Pages that are counted from the end shift with each append: an event is seen twice, or never.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const [store, writer] = await Promise.all([fixture.connect(), fixture.connect()])
      const count = 2_600
      await fill(store, count)
      for (const backwards of [false, true]) {
        for (const read of [store.readStream(stream('a'), { backwards }), store.readAll({ backwards })]) {
          const seen: unknown[] = []
          for await (const { data } of read) {
            const { n } = data as { readonly n: number }
            // What comes meanwhile may be seen or not.
            if (n > 0) seen.push(n)
            if (seen.length % 100 === 1) await writer.append([to(stream('a'), [noted(0)])])
          }
          const expected = backwards ? oneTo(count).toReversed() : oneTo(count)
          verifyEqual(
            seen,
            expected,
            `what a read has seen${backwards ? ' backwards' : ''} while others appended`,
          )
        }
      }
    },
  },
  {
    id: 'read/sparse',
    title: 'a filtered read finds what is far between, to the end of the log',
    why: 'A read model of rare events stops at the first page without one, for ever.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const rare = [1, 1_300, 2_600]
      for (let n = 0; n < 2_600; n += 100) {
        const events = oneTo(100).map((index) =>
          noted(n + index, rare.includes(n + index) ? 'Rare' : 'Common'),
        )
        await store.append([to(stream('a'), events)])
      }
      const filter = [{ types: ['Rare'] }]
      for (const limit of [undefined, 2, 3, 4]) {
        const what = `a read of rare events with the limit ${limit ?? 'none'}`
        verifyEqual(await numbers(store.readAll({ filter, limit })), rare.slice(0, limit), what)
        const backwards = await numbers(store.readAll({ filter, limit, backwards: true }))
        verifyEqual(backwards, rare.toReversed().slice(0, limit), `${what}, backwards`)
      }
    },
  },
  {
    id: 'read/side-by-side',
    title: 'several long reads on one handle go on side by side, each in its own place',
    why: 'Two requests share a cursor, and each gets half of the events.',
    level: 'must',
    needs: [],
    run: async (fixture) => {
      const store = await fixture.connect()
      const count = 2_600
      await fill(store, count)
      const reads = [
        store.readStream(stream('a')),
        store.readStream(stream('a')),
        store.readAll({ backwards: true }),
        store.readAll(),
      ].map((read) => ({ iterator: read[Symbol.asyncIterator](), seen: [] as unknown[] }))
      for (let open = reads.length; open > 0;) {
        open = 0
        for (const { iterator, seen } of reads) {
          const next = await iterator.next()
          if (next.done === true) continue
          open += 1
          seen.push((next.value.data as { readonly n: number }).n)
        }
      }
      const forwards = oneTo(count)
      const expected = [forwards, forwards, forwards.toReversed(), forwards]
      reads.forEach(({ seen }, index) => {
        verifyEqual(seen, expected[index], `what read ${index + 1} of 4 side by side has seen`)
      })
    },
  },
  {
    id: 'read/ends',
    title: 'a read ends, although events are appended while it reads',
    why: 'Whoever appends an event for each one that it reads never comes to an end.',
    level: 'should',
    needs: [],
    run: async (fixture) => {
      const [store, writer] = await Promise.all([fixture.connect(), fixture.connect()])
      await grow(store, stream('a'), 10)
      const filter = [{ types: ['Noted'] }]
      for (const read of [store.readStream(stream('a')), store.readAll(), store.readAll({ filter })]) {
        let seen = 0
        for await (const _ of read) {
          seen += 1
          verify(
            seen <= 5_000,
            'a read of 10 events should end, but it goes on with those that are appended meanwhile',
          )
          await writer.append([to(stream('a'), [noted(seen)])])
        }
      }
    },
  },
  {
    id: 'read/long',
    title: 'a stream of 100,000 events is read whole, in order, in bounded memory',
    why: 'The service dies on the one customer that has been with it for years.',
    level: 'must',
    needs: [],
    timeout: 120_000,
    run: async (fixture) => {
      const store = await fixture.connect()
      const batch = 1_000
      for (const round of oneTo(LONG / batch)) {
        const events = oneTo(batch).map((index) => padded((round - 1) * batch + index))
        await store.append([to(stream('a'), events, (round - 1) * batch)])
      }
      for (const read of [() => store.readStream(stream('a')), () => store.readAll()]) {
        const held = await heldWhileReading(read)
        const text = `${Math.round(held / 2 ** 20)} MiB`
        verify(
          held < MOST_MEMORY,
          `a read of ${LONG} events should hold a few of them at a time, but held ${text}`,
        )
      }
      const end = store.readStream(stream('a'), { after: LONG - 2 })
      verifyEqual(await numbers(end), [LONG - 1, LONG], 'its end')
      const backwards = store.readAll({ backwards: true, limit: 2 })
      verifyEqual(await numbers(backwards), [LONG, LONG - 1], 'its end, backwards')
    },
  },
]

const LONG = 100_000

/** In bytes: far more than pages take, and far less than all events. */
const MOST_MEMORY = 64 * 2 ** 20

/** An event that takes about 2 kB of memory once it is read. */
function padded(n: number): NewEvent {
  return { ...noted(n), data: { n, pad: oneTo(8).map((part) => ({ part, text: `${n} `.padEnd(150, '.') })) } }
}

/** One stream of so many events, every other one of another type, in appends of 100. */
async function fill(store: EventStore, count: number): Promise<void> {
  for (let n = 0; n < count; n += 100) {
    const events = oneTo(100).map((index) => noted(n + index, (n + index) % 2 === 0 ? 'Even' : 'Odd'))
    await store.append([to(stream('a'), events)])
  }
}

/** Reads to the end, and tells in bytes the most that was held on the way, at the beginning of each quarter. */
async function heldWhileReading(read: () => AsyncIterable<DomainEvent>): Promise<number> {
  const before = memoryHeld()
  let held = 0
  let n = 0
  for await (const { data } of read()) {
    n += 1
    const said = (data as { readonly n: number }).n
    if (said !== n) verifyEqual(said, n, `what event ${n} of a long read says`)
    if (n % (LONG / 4) === 1) held = Math.max(held, memoryHeld() - before)
  }
  verifyEqual(n, LONG, 'the number of events of a long read')
  return held
}

/** In bytes, once all garbage is collected. 0 where the runtime offers no way to do so: memory is not judged there. */
function memoryHeld(): number {
  const { process } = globalThis as Runtime
  // What Node offers under --expose-gc, without asking whoever runs the rules for that flag.
  process?.getBuiltinModule?.('v8')?.setFlagsFromString('--expose-gc')
  const gc = process?.getBuiltinModule?.('vm')?.runInNewContext('gc')
  if (process === undefined || gc === undefined) return 0
  gc()
  return process.memoryUsage().heapUsed
}

interface Runtime {
  readonly process?: {
    /** What lies outside of the heap is not judged: it may be the database itself, where that is embedded. */
    memoryUsage(): { readonly heapUsed: number }
    getBuiltinModule?(name: 'v8'): { setFlagsFromString(flags: string): void } | undefined
    getBuiltinModule?(name: 'vm'): { runInNewContext(code: 'gc'): (() => void) | undefined } | undefined
  }
}

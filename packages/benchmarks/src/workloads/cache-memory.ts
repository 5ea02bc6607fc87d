import { Core, defineAggregate, defineEvents, event, type EventStore } from '@eventmill/core'
import { InMemoryStore } from '@eventmill/store-memory'
import { heapUsed } from '../measuring/heap-used.ts'
import { type Row, scaled, type Workload } from '../workload.ts'

const noteEvents = defineEvents('https://example.com/note', { Written: event<{ text: string }>() })

/** Its states take about a thousand bytes. */
const Note = defineAggregate({
  type: 'Note',
  events: noteEvents,
  initialize: (_id: string) => '',
  apply: { Written: (_note, { data }) => data.text.padEnd(1_000, '.') },
  handle: { Write: (_note, text: string) => noteEvents.Written({ text }) },
})

export const cacheMemory: Workload = {
  about: 'what a Core holds after commands to 50,000 aggregates, whose states take 1,000 bytes',
  run: async function* (bench) {
    for (const cache of [0, 1_000, 10_000]) {
      const name = `memory of a cache of ${cache.toLocaleString('en')}`
      bench.progress(name)
      const values = { eventmill: [await heldBy(cache, scaled(bench, 50_000))] }
      yield { name, unit: 'MB', values } satisfies Row
    }
  },
}

/** How many MB a `Core` holds that remembers so many aggregates, after commands to many more. */
async function heldBy(cache: number, aggregates: number): Promise<number> {
  const core = new Core(forgetfulStore(), { cache })
  const before = heapUsed()
  for (let n = 0; n < aggregates; n++) await core.dispatchCommand(Note.commands.Write(`${n}`, `note ${n}`))
  const held = heapUsed() - before
  // It is still in use here, and was not collected.
  await core.load(Note, '0')
  return held
}

/** A store that acknowledges what it forgets at once. */
function forgetfulStore(): EventStore {
  const empty = () => new InMemoryStore()
  return {
    capabilities: empty().capabilities,
    append: (appends, options) => empty().append(appends, options),
    findCommit: () => Promise.resolve(undefined),
    readStream: (stream, options) => empty().readStream(stream, options),
    readAll: (options) => empty().readAll(options),
    head: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  }
}

import { type DomainEvent, type NewEvent } from '@eventmill/core'
import { type Mutant } from './mutant.ts'

/** Mistakes in what is stored of a payload. */
export const payloadMutants: readonly Mutant[] = [
  payload('payloads go through JSON.stringify (dates become text, NaN null)', (data) => {
    if (data === undefined || typeof data === 'bigint') return data
    const text = JSON.stringify(data) as string | undefined
    return text === undefined ? null : JSON.parse(text)
  }),
  payload('numbers are stored in single precision', (data) => mapNumbers(data, (n) => Math.fround(n))),
  payload('keys that begin with __ are dropped', (data) =>
    mapObjects(data, (entries) => entries.filter(([key]) => !key.startsWith('__'))),
  ),
  payload('keys that begin with $ are dropped', (data) =>
    mapObjects(data, (entries) => entries.filter(([key]) => !key.startsWith('$'))),
  ),
  {
    name: 'text that looks like a time is read as a date',
    spoil: ({ store }) => ({
      async *readStream(stream, options) {
        for await (const event of store.readStream(stream, options)) {
          yield { ...event, data: mapText(event.data, (text) => (TIME.test(text) ? new Date(text) : text)) }
        }
      },
    }),
  },
  {
    name: 'the time of an event is read as a date',
    spoil: ({ store }) => ({
      async *readStream(stream, options) {
        for await (const event of store.readStream(stream, options)) {
          yield { ...event, time: new Date(event.time) as never }
        }
      },
    }),
  },
  payload('text is normalised', (data) => mapText(data, (value) => value.normalize('NFC').trim())),
  payload('lists are sorted', (data) => (Array.isArray(data) ? data.toSorted() : data)),
  {
    name: '-0 stays -0',
    spoil: ({ store }) => ({
      async *readStream(stream, options) {
        for await (const event of store.readStream(stream, options)) {
          yield { ...event, data: mapNumbers(event.data, (n) => (n === 0 ? -0 : n)) }
        }
      },
    }),
  },
  {
    name: 'payloads of more than 256 KiB are cut off',
    spoil: ({ store }) => ({
      async *readStream(stream, options) {
        for await (const event of store.readStream(stream, options)) {
          yield JSON.stringify(event.data).length > 2 ** 18 ? { ...event, data: null } : event
        }
      },
    }),
  },
  {
    name: 'payloads nested deeper than 100 levels are cut off',
    spoil: ({ store }) => ({
      async *readStream(stream, options) {
        for await (const event of store.readStream(stream, options)) {
          yield depth(event.data) > 100 ? { ...event, data: null } : event
        }
      },
    }),
  },
  {
    name: 'what the writer passed is what is kept (shared, not copied)',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const given = appends.flatMap(({ events }) => events)
        const result = await store.append(appends, options)
        result.events.forEach((event, index) => {
          if (!result.repeated) shared.set(event.id, given[index])
        })
        return result
      },
      async *readAll(options) {
        for await (const event of store.readAll(options)) {
          const { data, metadata = {} } = shared.get(event.id) as NewEvent
          yield { ...event, data, metadata }
        }
      },
    }),
  },
  {
    name: 'payloads are taken up only after a pause',
    spoil: ({ store }) => ({
      async append(appends, options) {
        options?.signal?.throwIfAborted()
        await Promise.resolve()
        return store.append(appends, options)
      },
    }),
  },
  {
    name: 'every reader gets the same object, which can be changed',
    spoil: ({ store, shared }) => {
      const thawed = (event: DomainEvent) => {
        const known = shared.get(event.id) as DomainEvent | undefined
        const own = known ?? structuredClone(event)
        shared.set(event.id, own)
        return own
      }
      return {
        async *readStream(stream, options) {
          for await (const event of store.readStream(stream, options)) yield thawed(event)
        },
        async *readAll(options) {
          for await (const event of store.readAll(options)) yield thawed(event)
        },
      }
    },
  },
  identity('ids are random, not ordered by time', () => ({ id: crypto.randomUUID() })),
  identity('an id is given to every event of an append', (event) => ({ id: `${event.id.slice(0, -1)}0` })),
  identity('sequences are counted over all streams', ({ position }) => ({ sequence: position })),
  identity('times are local, without a zone', (event) => ({ time: event.time.slice(0, -1) })),
  identity('times are not those of the clock', ({ time }) => ({
    time: new Date(Date.parse(time) + 60_000).toISOString(),
  })),
]

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function payload(name: string, change: (data: unknown) => unknown): Mutant {
  return {
    name,
    spoil: ({ store }) => ({
      append: async (appends, options) =>
        store.append(
          appends.map((append) => ({
            ...append,
            events: append.events.map((event) => ({ ...event, data: change(event.data) })),
          })),
          options,
        ),
    }),
  }
}

function identity(name: string, change: (event: DomainEvent) => Partial<DomainEvent>): Mutant {
  const changed = (events: readonly DomainEvent[], shared: Map<string, unknown>) =>
    events.map((event) => {
      const known = (shared.get(event.id) ?? { ...event, ...change(event) }) as DomainEvent
      shared.set(event.id, known)
      return known
    })
  return {
    name,
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const result = await store.append(appends, options)
        return { ...result, events: changed(result.events, shared) }
      },
      async findCommit(stream, commitId, options) {
        const result = await store.findCommit(stream, commitId, options)
        return result && { ...result, events: changed(result.events, shared) }
      },
      async *readStream(stream, options) {
        for await (const event of store.readStream(stream, options)) yield* changed([event], shared)
      },
      async *readAll(options) {
        for await (const event of store.readAll(options)) yield* changed([event], shared)
      },
    }),
  }
}

function mapNumbers(value: unknown, change: (n: number) => number): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? change(value) : value
  if (Array.isArray(value)) return Array.from(value, (item) => mapNumbers(item, change))
  return mapObjects(value, (entries) => entries.map(([key, item]) => [key, mapNumbers(item, change)]))
}

function mapText(value: unknown, change: (text: string) => unknown): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return Array.from(value, (item) => mapText(item, change))
  return mapObjects(value, (entries) => entries.map(([key, item]) => [key, mapText(item, change)]))
}

function mapObjects(value: unknown, change: (entries: [string, unknown][]) => [string, unknown][]): unknown {
  const plain =
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(Object.getPrototypeOf(value) ?? null) === null
  if (!plain || Array.isArray(value) || Object.getOwnPropertySymbols(value).length > 0) return value
  return Object.fromEntries(change(Object.entries(value)))
}

function depth(value: unknown): number {
  let levels = 0
  for (let inner = value; typeof inner === 'object' && inner !== null; inner = Object.values(inner)[0]) {
    levels += 1
  }
  return levels
}

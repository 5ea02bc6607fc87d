import {
  type DomainEvent,
  type EventFilter,
  type EventStore,
  type ReadAllOptions,
  type ReadStreamOptions,
} from '@eventmill/core'
import { type Backing, type Mutant } from './mutant.ts'

/** Mistakes in what reads yield. */
export const readMutants: readonly Mutant[] = [
  changing('`after` is inclusive', ({ after, ...rest }) => ({
    ...rest,
    ...(after !== undefined && { after: after > 0 && Number.isSafeInteger(after) ? after - 1 : after }),
  })),
  changing('`upTo` is exclusive', ({ upTo, ...rest }) => ({
    ...rest,
    ...(upTo !== undefined && { upTo: upTo > 0 && Number.isSafeInteger(upTo) ? upTo - 1 : upTo }),
  })),
  changing('ranges are kept in 32 bits', ({ after, upTo, ...rest }) => ({
    ...rest,
    ...(after !== undefined && { after: after > 2 ** 32 ? after % 2 : after }),
    ...(upTo !== undefined && { upTo: upTo > 2 ** 32 ? upTo % 2 : upTo }),
  })),
  changing('`limit: 0` yields everything', ({ limit, ...rest }) => ({
    ...rest,
    ...(limit !== undefined && limit !== 0 && { limit }),
  })),
  changing('`backwards` is ignored', ({ backwards: _, ...rest }) => rest),
  changing('backwards begins one event late', ({ upTo, ...rest }) => ({
    ...rest,
    ...(rest.backwards === true && upTo !== undefined && upTo > 0 ? { upTo: upTo - 1 } : { upTo }),
  })),
  changing('backwards forgets `after`', ({ after, ...rest }) => ({
    ...rest,
    ...(rest.backwards === true && Number(after) >= 0 ? {} : { after }),
  })),
  {
    name: 'the limit is applied before the order is reversed',
    spoil: ({ store }) => ({
      readStream: (stream, options) => reversedLate((given) => store.readStream(stream, given), options),
      readAll: (options) => reversedLate((given) => store.readAll(given), options),
    }),
  },
  {
    name: 'an unknown stream is an error',
    spoil: ({ store }) => ({
      async *readStream(stream, options) {
        const { length } = await Array.fromAsync(store.readStream(stream))
        if (length === 0) throw new Error('no such stream')
        yield* store.readStream(stream, options)
      },
    }),
  },
  {
    name: 'a stream is found by its id alone',
    spoil: ({ store }) => ({
      async *readStream(stream, options = {}) {
        await Array.fromAsync(store.readStream(stream, { ...options, limit: 0 }))
        const all = await Array.fromAsync(store.readAll({ signal: options.signal }))
        const own = all.filter(({ aggregateId }) => aggregateId === stream.aggregateId)
        yield* page(own, options)
      },
    }),
  },
  {
    name: 'a cursor is left open by whoever breaks off',
    spoilHandle: (_, handle) => ({
      readStream: (stream, options) => withoutReturn(handle.readStream(stream, options)),
      readAll: (options) => withoutReturn(handle.readAll(options)),
    }),
  },
  {
    name: 'cursors are limited, and given back only at the end',
    spoil: ({ store, shared }) => ({
      async *readAll(options) {
        const open = Number(shared.get('open') ?? 0) + 1
        shared.set('open', open)
        if (open > 50) throw new Error('too many cursors')
        for await (const event of store.readAll(options)) yield event
        shared.set('open', Number(shared.get('open')) - 1)
      },
    }),
  },
  {
    name: 'a read does not look at its signal on its way',
    spoil: ({ store }) => ({
      async *readAll(options = {}) {
        options.signal?.throwIfAborted()
        yield* store.readAll({ ...options, signal: undefined })
      },
    }),
  },
  {
    name: 'a read that is aborted ends as if it had come to the end',
    spoil: ({ store }) => ({
      async *readStream(stream, options = {}) {
        options.signal?.throwIfAborted()
        for await (const event of store.readStream(stream, { ...options, signal: undefined })) {
          if (options.signal?.aborted === true) return
          yield event
        }
      },
    }),
  },
  {
    name: 'options that make no sense are taken as they come',
    spoil: ({ store }) => ({
      readAll: ({ after, upTo, limit, backwards, filter, signal }: ReadAllOptions = {}) =>
        store.readAll({
          after: natural(after),
          upTo: natural(upTo),
          limit: natural(limit),
          backwards,
          filter: Array.isArray(filter) ? filter : undefined,
          signal,
        }),
    }),
  },
  {
    name: 'pages of 1,000 events overlap by one where they are read backwards',
    spoil: ({ store }) => ({
      async *readStream(stream, options = {}) {
        let read = 0
        for await (const event of store.readStream(stream, options)) {
          read += 1
          yield event
          if (options.backwards === true && read === 1000) yield event
        }
      },
    }),
  },
  {
    name: 'a read follows what is appended while it reads',
    spoil: ({ store }) => ({
      async *readStream(stream, options = {}) {
        if (options.backwards === true || options.limit !== undefined || options.upTo !== undefined) {
          yield* store.readStream(stream, options)
          return
        }
        let after = options.after ?? 0
        for (let more = true; more;) {
          more = false
          for await (const event of store.readStream(stream, { ...options, after })) {
            after = event.sequence
            more = true
            yield event
          }
        }
      },
    }),
  },
  {
    name: 'long reads lose the page after the first 1,000 events',
    long: true,
    spoil: ({ store }) => ({
      async *readStream(stream, options = {}) {
        let read = 0
        for await (const event of store.readStream(stream, options)) {
          read += 1
          if (read <= 1000 || read > 2000) yield event
        }
      },
    }),
  },
  {
    name: 'a long read keeps all that it has read',
    long: true,
    spoil: ({ store }) => ({
      async *readAll(options) {
        const kept: unknown[] = []
        for await (const event of store.readAll(options)) {
          kept.push(Array.from({ length: 500 }, (_, index) => index + event.position))
          yield event
        }
        kept.length = 0
      },
    }),
  },
  filtering('the fields of a filter item are OR', (filter) =>
    filter.flatMap(({ source, types, aggregateTypes }) => [
      ...(source === undefined ? [] : [{ source }]),
      ...(types === undefined ? [] : [{ types }]),
      ...(aggregateTypes === undefined ? [] : [{ aggregateTypes }]),
      ...(source === undefined && types === undefined && aggregateTypes === undefined ? [{}] : []),
    ]),
  ),
  filtering('only the first item of a filter counts', (filter) => filter.slice(0, 1)),
  filtering('the source of a filter is ignored', (filter) => filter.map(({ source: _, ...item }) => item)),
  filtering('the aggregate types of a filter are ignored', (filter) =>
    filter.map(({ aggregateTypes: _, ...item }) => item),
  ),
  filtering('a filter without items matches everything', (filter) => (filter.length === 0 ? [{}] : filter)),
  filtering('an empty list in a filter matches everything', (filter) =>
    filter.map(({ source, types, aggregateTypes }) => ({
      source,
      types: types?.length === 0 ? undefined : types,
      aggregateTypes: aggregateTypes?.length === 0 ? undefined : aggregateTypes,
    })),
  ),
  {
    name: 'types in a filter are compared without case',
    spoil: ({ store }) => ({
      async *readAll({ filter, limit, ...options }: ReadAllOptions = {}) {
        await Array.fromAsync(
          store.readAll({ ...options, filter, limit: limit === undefined ? 0 : Math.min(0, limit) }),
        )
        const fold = (text: string) => text.toLowerCase()
        let left = limit ?? Infinity
        for await (const event of store.readAll(options)) {
          const matches = (filter ?? [{}]).some(
            (item) =>
              (item.source === undefined || item.source === event.source) &&
              (item.types === undefined || item.types.map(fold).includes(fold(event.type))) &&
              (item.aggregateTypes === undefined || item.aggregateTypes.includes(event.aggregateType)),
          )
          if (matches && left-- > 0) yield event
        }
      },
    }),
  },
  {
    name: 'the limit counts what was looked at, not what matched',
    spoil: ({ store }) => ({
      async *readAll({ filter, ...options }: ReadAllOptions = {}) {
        await Array.fromAsync(store.readAll({ filter, limit: 0 }))
        const seen = new Set(
          (await Array.fromAsync(store.readAll({ filter }))).map(({ position }) => position),
        )
        for await (const event of store.readAll(options)) if (seen.has(event.position)) yield event
      },
    }),
  },
  {
    name: 'the head counts what was rejected',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        try {
          return await store.append(appends, options)
        } catch (error) {
          if (error instanceof Error && 'actual' in error) {
            shared.set('gaps', Number(shared.get('gaps') ?? 0) + 1)
          }
          throw error
        }
      },
      head: async () => (await store.head()) + Number(shared.get('gaps') ?? 0),
    }),
  },
  {
    name: 'the head of an empty store is -1',
    spoil: ({ store }) => ({ head: async () => (await store.head()) || -1 }),
  },
  {
    name: 'positions begin anew in each stream',
    spoil: ({ store }) => ({
      async *readAll(options) {
        for await (const event of store.readAll(options)) yield { ...event, position: event.sequence }
      },
    }),
  },
  {
    name: 'the log is read by stream, not by position',
    spoil: ({ store }) => ({
      async *readAll(options) {
        const events = await Array.fromAsync(store.readAll(options))
        yield* events.sort((a, b) =>
          a.aggregateId < b.aggregateId ? -1 : a.aggregateId > b.aggregateId ? 1 : 0,
        )
      },
    }),
  },
  {
    name: 'what is appended beside others becomes visible late (a gap that is filled)',
    spoil: (backing) => {
      const late = lateEvents(backing)
      return {
        append: late.append,
        async *readAll(options) {
          for await (const event of backing.store.readAll(options)) {
            if (!late.hidden.has(event.position)) yield event
          }
        },
      }
    },
  },
  {
    name: 'the head runs ahead of what is visible (a filtered reader passes over a gap)',
    spoil: (backing) => {
      const late = lateEvents(backing)
      return {
        append: late.append,
        async *readAll(options) {
          for await (const event of backing.store.readAll(options)) {
            const hidden = late.hidden.has(event.position)
            if (hidden && options?.filter === undefined) return
            if (!hidden) yield event
          }
        },
      }
    },
  },
  {
    name: 'positions are given out before the stream is locked (they do not follow its sequences)',
    spoil: (backing) => {
      const late = lateEvents(backing)
      return {
        append: late.append,
        async *readAll(options) {
          let before: DomainEvent | undefined
          for await (const event of backing.store.readAll(options)) {
            const swapped =
              before !== undefined &&
              late.raced.has(event.position) &&
              late.raced.has(before.position) &&
              before.aggregateId === event.aggregateId
            if (before !== undefined) yield swapped ? { ...event, position: before.position } : before
            before = swapped && before !== undefined ? { ...before, position: event.position } : event
          }
          if (before !== undefined) yield before
        },
      }
    },
  },
]

/** Appends that race leave their events hidden for a moment after they were acknowledged. */
function lateEvents({ store, shared }: Backing) {
  const hidden = (shared.get('hidden') ?? new Set()) as Set<number>
  const raced = (shared.get('raced') ?? new Set()) as Set<number>
  shared.set('hidden', hidden).set('raced', raced)
  const append: EventStore['append'] = async (appends, options) => {
    const racing = Number(shared.get('racing') ?? 0)
    shared.set('racing', racing + 1)
    try {
      const { events, ...result } = await store.append(appends, options)
      if (racing > 0 && !result.repeated) {
        for (const { position } of events) {
          raced.add(position)
          hidden.add(position)
        }
        setTimeout(() => {
          for (const { position } of events) hidden.delete(position)
        }, 1)
      }
      return { events, ...result }
    } finally {
      shared.set('racing', Number(shared.get('racing')) - 1)
    }
  }
  return { append, hidden, raced }
}

function changing(name: string, change: (options: ReadStreamOptions) => ReadStreamOptions): Mutant {
  return {
    name,
    spoil: ({ store }) => ({
      readStream: (stream, options = {}) => store.readStream(stream, change(options)),
      readAll: (options = {}) => store.readAll(change(options)),
    }),
  }
}

function filtering(name: string, change: (filter: EventFilter) => EventFilter): Mutant {
  return {
    name,
    spoil: ({ store }) => ({
      async *readAll(options = {}) {
        // What is refused is still refused.
        await Array.fromAsync(store.readAll({ ...options, limit: 0 }))
        yield* store.readAll({ ...options, filter: options.filter && change(options.filter) })
      },
    }),
  }
}

async function* reversedLate<Options extends ReadStreamOptions>(
  read: (options: Options) => AsyncIterable<DomainEvent>,
  options: Options = {} as Options,
): AsyncGenerator<DomainEvent, void> {
  if (options.backwards !== true) {
    yield* read(options)
    return
  }
  yield* (await Array.fromAsync(read({ ...options, backwards: false }))).reverse()
}

function* page(events: readonly DomainEvent[], options: ReadStreamOptions): Generator<DomainEvent> {
  const { after = 0, upTo = Infinity, limit = Infinity, backwards = false } = options
  const found = events.filter(({ sequence }) => sequence > after && sequence <= upTo)
  yield* (backwards ? found.reverse() : found).slice(0, limit)
}

function withoutReturn(events: AsyncIterable<DomainEvent>): AsyncIterable<DomainEvent> {
  const iterator = events[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => iterator.next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    }),
  }
}

function natural(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : Math.max(0, Math.floor(value))
}

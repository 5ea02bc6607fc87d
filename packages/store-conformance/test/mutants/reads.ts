import { type DomainEvent, type ReadAllOptions, type ReadStreamOptions } from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'
import { assertConnections, leak, type Mutant } from './mutant.ts'

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
    name: 'a read that is aborted keeps its connection',
    spoil: ({ store, shared }) => ({
      async *readStream(stream, options) {
        assertConnections(shared)
        try {
          yield* store.readStream(stream, options)
        } catch (error) {
          if (options?.signal?.aborted === true) leak(shared)
          throw error
        }
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
          kept.push(structuredClone(event))
          yield event
        }
        kept.length = 0
      },
    }),
  },
  {
    name: 'a read takes all that it yields into memory first',
    long: true,
    spoil: ({ store }) => ({
      async *readStream(stream, options) {
        const rows = await Array.fromAsync(store.readStream(stream, options))
        for (const row of rows.map((event) => structuredClone(event))) {
          // What is closed or aborted meanwhile is noticed.
          await Array.fromAsync(store.readStream(stream, { ...options, limit: 0 }))
          yield row
        }
      },
    }),
  },
  {
    name: 'pages that are read backwards are counted by OFFSET',
    spoil: ({ store }) => ({
      readAll: (options) => byOffset((given) => store.readAll(given), options),
      readStream: (stream, options) => byOffset((given) => store.readStream(stream, given), options),
    }),
  },
  {
    name: 'a limit is an integer of 32 bits',
    spoil: ({ store }) => ({
      async *readAll(options) {
        if (Number(options?.limit) > 2 ** 31) throw new Error('out of range for type integer')
        yield* store.readAll(options)
      },
    }),
  },
  {
    name: 'reads of one handle share a cursor',
    spoilHandle: (_, handle) => {
      let reads = 0
      return {
        async *readStream(stream, options) {
          const own = ++reads
          let read = 0
          for await (const event of handle.readStream(stream, options)) {
            yield event
            read += 1
            if (read % 100 === 0 && reads !== own) return
          }
        },
      }
    },
  },
  {
    name: 'a read checks its options when it is called',
    spoilHandle: (_, handle) => ({
      readStream(stream, options) {
        if (Number(options?.limit) < 0) throw eventmillError('ARGUMENT_INVALID', 'no', { argument: 'limit' })
        return handle.readStream(stream, options)
      },
    }),
  },
]

function changing(name: string, change: (options: ReadStreamOptions) => ReadStreamOptions): Mutant {
  return {
    name,
    spoil: ({ store }) => ({
      readStream: (stream, options = {}) => store.readStream(stream, change(options)),
      readAll: (options = {}) => store.readAll(change(options)),
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

/** Pages of 100, the second of which skips as many events as the first had, whatever came meanwhile. */
async function* byOffset<Options extends ReadStreamOptions>(
  read: (options: Options) => AsyncIterable<DomainEvent>,
  options: Options = {} as Options,
): AsyncGenerator<DomainEvent, void> {
  if (options.backwards !== true || options.limit !== undefined) {
    yield* read(options)
    return
  }
  for (let offset = 0; ; offset += 100) {
    const rows = await Array.fromAsync(read({ ...options, limit: offset + 100 }))
    yield* rows.slice(offset)
    if (rows.length < offset + 100) return
  }
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

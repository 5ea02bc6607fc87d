import { type DomainEvent, type EventFilter, type EventStore, type ReadAllOptions } from '@eventmill/core'
import { eventMatcher } from '@eventmill/core/adapter'
import { type Backing, type Mutant } from './mutant.ts'

/** Mistakes in the log, its filters and its head. */
export const logMutants: readonly Mutant[] = [
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
  {
    name: 'the log is read by time, not by position',
    spoil: ({ store }) => ({
      async *readAll(options = {}) {
        const events = await Array.fromAsync(store.readAll(options))
        const sign = options.backwards === true ? -1 : 1
        yield* events.sort((a, b) => sign * (Date.parse(a.time) - Date.parse(b.time)))
      },
    }),
  },
  {
    name: 'a filtered read ends with the first 500 events among which none matches',
    spoil: ({ store }) => ({
      async *readAll(options = {}) {
        let before: number | undefined
        for await (const event of store.readAll(options)) {
          if (options.filter && before !== undefined && Math.abs(event.position - before) > 500) return
          before = event.position
          yield event
        }
      },
    }),
  },
  {
    name: 'readers look at what is in flight in their own process',
    spoil: ({ store, shared, connections }) => {
      const own = (shared.get('in flight') ?? new Set()) as Set<number>
      shared.set('in flight', own)
      return {
        async append(appends, options) {
          const result = await store.append(appends, options)
          const positions = result.repeated ? [] : result.events.map(({ position }) => position)
          for (const position of positions) own.add(position)
          for (const position of positions) connections.uncommitted.add(position)
          for (const _ of positions.slice(0, 3)) await new Promise(setImmediate)
          for (const position of positions) own.delete(position)
          for (const position of positions) connections.uncommitted.delete(position)
          return result
        },
        async *readAll(options = {}) {
          const horizon = Math.min(...own)
          let left = options.limit ?? Infinity
          const all =
            Number.isSafeInteger(options.limit) && left > 0 ? { ...options, limit: undefined } : options
          for await (const event of store.readAll(all)) {
            if (event.position >= horizon || left <= 0) return
            if (connections.uncommitted.has(event.position)) continue
            left -= 1
            yield event
          }
        },
        async *readStream(stream, options) {
          for await (const event of store.readStream(stream, options)) {
            if (!connections.uncommitted.has(event.position)) yield event
          }
        },
        async head() {
          const below = Math.min(...own) - 1
          let head = Math.min(await store.head(), below)
          while (connections.uncommitted.has(head)) head -= 1
          return head
        },
      }
    },
  },
  {
    name: 'readers stay behind whatever transaction is open in the database',
    spoil: ({ store, connections, shared }) => ({
      async *readAll(options = {}) {
        if (connections.bystanders === 0) shared.set('horizon', await store.head())
        for await (const event of store.readAll(options)) {
          if (event.position <= Number(shared.get('horizon'))) yield event
        }
      },
    }),
  },
  {
    name: 'of the types in a filter the first 100 count',
    spoil: ({ store }) => ({
      readAll: (options = {}) => {
        const filter = options.filter
        const lists = Array.isArray(filter) && filter.every(({ types }) => Array.isArray(types))
        return store.readAll(lists ? { ...options, filter: filter.map(firstTypes) } : options)
      },
    }),
  },
  collated('sources in a filter are compared without case', ({ source, ...event }) => ({
    ...event,
    source: source.toLowerCase(),
  })),
  collated('aggregate types in a filter are compared without the spaces at their end', (event) => ({
    ...event,
    aggregateType: event.aggregateType.trimEnd(),
  })),
  collated('types in a filter are compared without accents', (event) => ({
    ...event,
    type: event.type.normalize('NFD').replaceAll(/\p{M}/gu, ''),
  })),
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

/** Compares what a filter says with what an event says after both were changed. */
function collated(name: string, change: (event: DomainEvent) => DomainEvent): Mutant {
  return {
    name,
    spoil: ({ store }) => ({
      async *readAll({ filter, limit, ...options }: ReadAllOptions = {}) {
        if (!Array.isArray(filter)) {
          yield* store.readAll({ ...options, filter, limit })
          return
        }
        // What is refused is still refused.
        await Array.fromAsync(store.readAll({ ...options, filter, limit: Math.min(0, limit ?? 0) }))
        const matches = eventMatcher((filter as EventFilter).map((item) => changedItem(item, change)))
        let left = limit ?? Infinity
        for await (const event of store.readAll(options)) {
          if (left > 0 && matches(change(event))) {
            left -= 1
            yield event
          }
        }
      },
    }),
  }
}

function changedItem(
  { source, types, aggregateTypes }: EventFilter[number],
  change: (event: DomainEvent) => DomainEvent,
): EventFilter[number] {
  const changed = (event: Partial<DomainEvent>) =>
    change({ source: '', type: '', aggregateType: '', ...event } as DomainEvent)
  return {
    source: source === undefined ? undefined : changed({ source }).source,
    types: types?.map((type) => changed({ type }).type),
    aggregateTypes: aggregateTypes?.map((aggregateType) => changed({ aggregateType }).aggregateType),
  }
}

function firstTypes(item: EventFilter[number]): EventFilter[number] {
  return { ...item, types: item.types?.slice(0, 100) }
}

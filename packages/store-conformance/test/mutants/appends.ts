import {
  type DomainEvent,
  type ExpectedGeneration,
  hasCode,
  type NewEvent,
  type StreamAppend,
  type StreamId,
} from '@eventmill/core'
import { checkAppend, eventmillError } from '@eventmill/core/adapter'
import { assertConnections, type Backing, leak, type Mutant } from './mutant.ts'

/** Mistakes in what an append expects, stores and returns. */
export const appendMutants: readonly Mutant[] = [
  {
    name: 'checks the generation, waits, then stores (lost update)',
    spoil: ({ store }) => ({
      async append(appends, options) {
        await store.append(appends.map((append) => ({ ...append, events: [] })))
        await Promise.resolve()
        return store.append(
          appends.map((append) => ({ ...append, expected: 'any' })),
          options,
        )
      },
    }),
  },
  {
    name: `'any' reads the generation and then expects it`,
    spoil: ({ store }) => ({
      async append(appends, options) {
        const exact = await Promise.all(
          appends.map(async (append) => ({
            ...append,
            expected: append.expected === 'any' ? await generation({ store }, append) : append.expected,
          })),
        )
        return store.append(exact, options)
      },
    }),
  },
  expecting(`'exists' is ignored`, (expected) => (expected === 'exists' ? 'any' : expected)),
  expecting('0 is taken for "any"', (expected) => (expected === 0 ? 'any' : expected)),
  {
    name: 'a generation to come is accepted',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const lenient = await Promise.all(
          appends.map(async (append) => {
            const actual = await generation({ store }, append)
            const { expected } = append
            return {
              ...append,
              expected: typeof expected === 'number' && expected > actual ? ('any' as const) : expected,
            }
          }),
        )
        return store.append(lenient, options)
      },
    }),
  },
  {
    name: 'a conflict does not tell what was found',
    spoil: ({ store }) => ({
      async append(appends, options) {
        try {
          return await store.append(appends, options)
        } catch (error) {
          if (hasCode(error, 'GENERATION_CONFLICT')) Object.assign(error, { actual: undefined })
          throw error
        }
      },
    }),
  },
  {
    name: 'a conflict is an error of the database',
    spoil: ({ store }) => ({
      async append(appends, options) {
        try {
          return await store.append(appends, options)
        } catch (error) {
          if (hasCode(error, 'GENERATION_CONFLICT')) {
            throw new Error('duplicate key value violates unique constraint', { cause: error })
          }
          throw error
        }
      },
    }),
  },
  {
    name: 'streams are appended one after the other (a conflict leaves half an append)',
    spoil: ({ store }) => ({
      async append(appends, options) {
        if (appends.length < 2) return store.append(appends, options)
        await store.append(appends.map((append) => ({ ...append, expected: 'any', events: [] })))
        const commit =
          options?.commitId === undefined
            ? undefined
            : await store.findCommit(firstStream(appends), options.commitId)
        if (commit !== undefined) return store.append(appends, options)
        const before = await store.head()
        let conflict: Error | undefined
        for (const append of appends) {
          try {
            await store.append([append])
          } catch (error) {
            conflict ??= error as Error
          }
        }
        if (conflict !== undefined) throw conflict
        const events = await Array.fromAsync(store.readAll({ after: before }))
        return { streams: [], events, generations: [], repeated: false }
      },
    }),
  },
  {
    name: 'an append without events is skipped, and its expectation with it',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const relaxed = appends.map((append) =>
          append.events.length === 0 ? { ...append, expected: 'any' as const } : append,
        )
        return store.append(relaxed, options)
      },
    }),
  },
  {
    name: 'a stream that was only checked exists from then on',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const lenient = appends.map((append) => {
          const known = shared.has(JSON.stringify(append.stream))
          return append.expected === 'exists' && known ? { ...append, expected: 'any' as const } : append
        })
        const result = await store.append(lenient, options)
        for (const { stream } of appends) shared.set(JSON.stringify(stream), true)
        return result
      },
    }),
  },
  {
    name: 'what is only checked is checked before, and not locked (write skew)',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const checks = appends.filter(({ events }) => events.length === 0)
        if (checks.length === 0 || checks.length === appends.length) return store.append(appends, options)
        if (
          options?.commitId === undefined ||
          !(await store.findCommit(firstStream(appends), options.commitId))
        ) {
          await store.append(checks)
        }
        await Promise.resolve()
        return store.append(
          appends.map((append) => (append.events.length === 0 ? { ...append, expected: 'any' } : append)),
          options,
        )
      },
    }),
  },
  {
    name: 'a stream that is named twice is merged',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const merged = new Map<string, StreamAppend>()
        for (const append of appends) {
          const key = JSON.stringify(append.stream)
          const before = merged.get(key)
          merged.set(key, before ? { ...before, events: [...before.events, ...append.events] } : append)
        }
        return store.append([...merged.values()], options)
      },
    }),
  },
  {
    name: 'declines several streams, and stores the first of them',
    spoil: ({ store }) => ({
      capabilities: { ...store.capabilities, multiStream: false },
      append: (appends, options) => store.append(appends.slice(0, 1), options),
    }),
  },
  {
    name: 'a conflict takes back what else is in flight on its handle (one connection, one transaction)',
    spoilHandle: ({ store }, handle) => {
      const inFlight = new Set<{ undone: boolean }>()
      return {
        async append(appends, options) {
          if (options?.commitId !== undefined) return handle.append(appends, options)
          const taken = checkAppend(appends, options)
          const own = { undone: false }
          inFlight.add(own)
          await new Promise(setImmediate)
          try {
            await store.append(taken.map((append) => ({ ...append, events: [] })))
          } catch (error) {
            if (hasCode(error, 'GENERATION_CONFLICT')) for (const each of inFlight) each.undone = true
            throw error
          } finally {
            inFlight.delete(own)
          }
          await new Promise(setImmediate)
          const generations = taken.map(({ events }) => events.length)
          return own.undone
            ? { streams: [], events: [], generations, repeated: false }
            : handle.append(taken, options)
        },
      }
    },
  },
  {
    name: 'an append that fails keeps its connection',
    spoilHandle: ({ shared }, handle) => ({
      async append(appends, options) {
        assertConnections(shared)
        try {
          return await handle.append(appends, options)
        } catch (error) {
          if (hasCode(error, 'GENERATION_CONFLICT', 'COMMIT_ID_REUSED')) leak(shared)
          throw error
        }
      },
    }),
  },
  {
    name: 'streams are locked in the memory of one process',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const commit = options?.commitId
        if (
          commit !== undefined &&
          (await store.findCommit(firstStream(appends), commit).catch(() => undefined))
        ) {
          return store.append(appends, options)
        }
        const before = (shared.get('lock') ?? Promise.resolve()) as Promise<unknown>
        const work = before.then(async () => {
          await store.append(
            appends.map((append) => ({ ...append, events: [] })),
            { signal: options?.signal },
          )
          await new Promise(setImmediate)
          return store.append(
            appends.map((append) => ({ ...append, expected: 'any' })),
            options,
          )
        })
        shared.set(
          'lock',
          work.catch(() => undefined),
        )
        return work
      },
    }),
  },
  {
    name: 'an append that meets one of another process gives up at once',
    spoil: ({ store, shared, connections }) => ({
      async append(appends, options) {
        const taken = checkAppend(appends, options)
        const { writer } = connections
        if (writer !== undefined && writer !== shared) {
          throw eventmillError('STORE_BUSY', 'the file is locked', { waiting: 1 })
        }
        connections.writer = shared
        try {
          await new Promise(setImmediate)
          return await store.append(taken, options)
        } finally {
          connections.writer = undefined
        }
      },
    }),
  },
  {
    name: 'an append of more than 1,000 events is written in two transactions',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const [first] = appends
        if (appends.length !== 1 || first === undefined || !(first.events.length > 1_000)) {
          return store.append(appends, options)
        }
        const [head, tail] = [first.events.slice(0, 1_000), first.events.slice(1_000)]
        const begun = await store.append([{ ...first, events: head }])
        await new Promise(setImmediate)
        const ended = await store.append([{ ...first, expected: 'any', events: tail }], options)
        return { ...ended, events: [...begun.events, ...ended.events] }
      },
    }),
  },
  returning('an append returns its events without their metadata', (event) => ({ ...event, metadata: {} })),
  returning('an append returns positions from before the commit', (event) => ({
    ...event,
    position: event.position - 1,
  })),
  {
    name: 'an append returns the generations in the order of the names',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const result = await store.append(appends, options)
        const byName = appends.map(({ stream }, index) => ({
          stream,
          generation: result.generations[index] ?? 0,
        }))
        byName.sort((a, b) => (a.stream.aggregateId < b.stream.aggregateId ? -1 : 1))
        return { ...result, generations: byName.map(({ generation: each }) => each) }
      },
    }),
  },
  storing('metadata is not stored', (append) => ({
    ...append,
    events: append.events.map(({ metadata: _, ...event }) => event),
  })),
  storing('the version is not stored', (append) => ({
    ...append,
    events: append.events.map((event) => ({ ...event, version: event.version >= 1 ? 1 : event.version })),
  })),
  {
    name: 'an aborted signal is not looked at',
    spoil: ({ store }) => ({ append: (appends, { commitId } = {}) => store.append(appends, { commitId }) }),
  },
  {
    name: 'what is not known is ignored (options, tags)',
    spoil: ({ store }) => ({
      append: (appends, { commitId, signal } = {}) =>
        store.append(
          appends.map((append) => ({ ...append, events: append.events.map(withoutTags) })),
          { commitId, signal },
        ),
    }),
  },
]

function firstStream([first]: readonly StreamAppend[]): StreamId {
  return first?.stream ?? { aggregateType: '', aggregateId: '' }
}

function withoutTags(event: NewEvent): NewEvent {
  const { tags: _, ...rest } = event as NewEvent & { readonly tags?: unknown }
  return rest
}

function generation({ store }: Pick<Backing, 'store'>, { stream }: StreamAppend): Promise<number> {
  return Array.fromAsync(store.readStream(stream)).then(({ length }) => length)
}

function expecting(name: string, change: (expected: ExpectedGeneration) => ExpectedGeneration): Mutant {
  return storing(name, (append) => ({ ...append, expected: change(append.expected) }))
}

function storing(name: string, change: (append: StreamAppend) => StreamAppend): Mutant {
  return {
    name,
    spoil: ({ store }) => ({
      append: async (appends, options) => store.append(appends.map(change), options),
    }),
  }
}

function returning(name: string, change: (event: DomainEvent) => DomainEvent): Mutant {
  return {
    name,
    spoil: ({ store }) => ({
      async append(appends, options) {
        const result = await store.append(appends, options)
        return { ...result, events: result.events.map(change) }
      },
    }),
  }
}

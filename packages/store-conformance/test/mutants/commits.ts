import { type AppendResult, hasCode } from '@eventmill/core'
import { inspect } from 'node:util'
import { type Mutant } from './mutant.ts'

/** Mistakes with commit ids. The handles send every append under an id, given or made up. */
export const commitMutants: readonly Mutant[] = [
  {
    name: 'commit ids are ignored (duplicate on resend)',
    spoil: ({ store }) => ({
      append: (appends, options) => store.append(appends, { signal: options?.signal }),
    }),
  },
  {
    name: 'the expectation comes before the commit id',
    spoil: ({ store }) => ({
      async append(appends, options) {
        await store.append(appends.map((append) => ({ ...append, events: [] })))
        return store.append(appends, options)
      },
    }),
  },
  {
    name: 'a used commit id is accepted whatever comes with it',
    spoil: ({ store }) => ({
      async append(appends, options) {
        try {
          return await store.append(appends, options)
        } catch (error) {
          const commit =
            hasCode(error, 'COMMIT_ID_REUSED') && (await store.findCommit(error.stream, error.commitId))
          if (!commit) throw error
          return commit
        }
      },
    }),
  },
  {
    name: 'a commit is found under each of its streams',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const result = await store.append(appends, options)
        for (const { stream } of appends.slice(1)) {
          if (result.events.length > 0) shared.set(JSON.stringify([stream, options?.commitId]), result)
        }
        return result
      },
      async findCommit(stream, commitId, options) {
        const other = shared.get(JSON.stringify([stream, commitId])) as AppendResult | undefined
        return (await store.findCommit(stream, commitId, options)) ?? (other && { ...other, repeated: true })
      },
    }),
  },
  {
    name: 'streams that are only checked are no part of what a commit says',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const said = JSON.stringify(
          appends.filter(({ events }) => Array.isArray(events) && events.length > 0),
        )
        const key = `${options?.commitId} ${said}`
        const before = shared.get(key) as Parameters<typeof store.append>[0] | undefined
        const result = await store.append(
          options?.commitId === undefined ? appends : (before ?? appends),
          options,
        )
        if (options?.commitId !== undefined && result.events.length > 0) shared.set(key, appends)
        return result
      },
    }),
  },
  {
    name: 'a commit that is found names the streams that got events',
    spoil: ({ store }) => ({
      async findCommit(stream, commitId, options) {
        const found = await store.findCommit(stream, commitId, options)
        const written = new Set(found?.events.map(({ aggregateId }) => aggregateId))
        return (
          found && { ...found, streams: found.streams.filter(({ aggregateId }) => written.has(aggregateId)) }
        )
      },
    }),
  },
  {
    name: 'commit ids are known in one process',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const { commitId, signal } = options ?? {}
        if (commitId === undefined) return store.append(appends, options)
        const key = JSON.stringify([appends[0]?.stream, commitId])
        const own = (shared.get(key) ?? `${commitId} ${crypto.randomUUID()}`.slice(-36)) as string
        const checked = commitId === '' || commitId.length > 1_000 || commitId.includes('\0') ? commitId : own
        const result = await store.append(appends, { signal, commitId: checked })
        if (result.events.length > 0) shared.set(key, own)
        return result
      },
      async findCommit(stream, commitId, options) {
        await store.findCommit(stream, commitId, options)
        const own = shared.get(JSON.stringify([stream, commitId])) as string | undefined
        return own === undefined ? undefined : store.findCommit(stream, own)
      },
    }),
  },
  {
    name: 'that there is no such commit is remembered',
    spoilHandle: (_, handle) => {
      const missing = new Set<string>()
      return {
        async findCommit(stream, commitId, options) {
          const key = JSON.stringify([stream, commitId])
          const found = await handle.findCommit(stream, commitId, options)
          if (found === undefined) missing.add(key)
          return missing.has(key) ? undefined : found
        },
      }
    },
  },
  {
    name: 'the answer to a repeat is without metadata',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const result = await store.append(appends, options)
        return result.repeated ? withoutMetadata(result) : result
      },
    }),
  },
  {
    name: 'a commit that is found is without metadata',
    spoil: ({ store }) => ({
      async findCommit(stream, commitId, options) {
        const found = await store.findCommit(stream, commitId, options)
        return found && withoutMetadata(found)
      },
    }),
  },
  {
    name: 'a repeat through another handle tells the generation of now',
    spoilHandle: ({ store }, handle) => {
      const own = new Set<string | undefined>()
      return {
        async append(appends, options) {
          const result = await handle.append(appends, options)
          if (!result.repeated || own.has(options?.commitId)) {
            own.add(options?.commitId)
            return result
          }
          const now = await Promise.all(
            result.streams.map(async (stream) => (await Array.fromAsync(store.readStream(stream))).length),
          )
          return { ...result, generations: now }
        },
      }
    },
  },
  {
    name: 'the last 100 commit ids are remembered',
    spoil: ({ store, shared }) => {
      const recent = (shared.get('recent') ?? []) as string[]
      const forgotten = (shared.get('forgotten') ?? new Set()) as Set<string>
      shared.set('recent', recent).set('forgotten', forgotten)
      return {
        async append(appends, options) {
          const { commitId, signal } = options ?? {}
          const known = commitId === undefined || !forgotten.has(commitId)
          const result = await store.append(appends, known ? options : { signal })
          if (commitId !== undefined && recent.push(commitId) > 100) forgotten.add(recent.shift() ?? '')
          return result
        },
      }
    },
  },
  {
    name: 'the expectation is taken for content',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const [first] = appends
        if (first === undefined || options?.commitId === undefined) return store.append(appends, options)
        const key = JSON.stringify([first.stream, options.commitId])
        const expected = JSON.stringify(appends.map((append) => append.expected))
        const before = shared.get(key)
        const other = before !== undefined && before !== expected
        const changed = other
          ? appends.map((append) => ({ ...append, events: [...append.events, OTHER] }))
          : appends
        const result = await store.append(changed, options)
        if (result.events.length > 0) shared.set(key, expected)
        return result
      },
    }),
  },
  {
    name: 'content is compared as text, in which the order of keys counts',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const [first] = appends
        if (first === undefined || options?.commitId === undefined) return store.append(appends, options)
        const key = JSON.stringify([first.stream, options.commitId])
        const content = inspect(
          appends.map(({ events }) => events),
          { depth: Infinity },
        )
        const before = shared.get(key)
        const other = before !== undefined && before !== content
        const changed = other
          ? appends.map((append) => ({ ...append, events: [...append.events, OTHER] }))
          : appends
        const result = await store.append(changed, options)
        if (result.events.length > 0) shared.set(key, content)
        return result
      },
    }),
  },
  {
    name: 'commit ids are told apart in the whole store, not by stream',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const key = `commit ${options?.commitId ?? ''}`
        const before = shared.get(key) as AppendResult | undefined
        if (before !== undefined) {
          const [event] = before.events
          const [first] = appends
          const own =
            event?.aggregateId === first?.stream.aggregateId &&
            event?.aggregateType === first?.stream.aggregateType
          return own ? store.append(appends, options) : { ...before, repeated: true }
        }
        const result = await store.append(appends, options)
        if (result.events.length > 0) shared.set(key, result)
        return result
      },
    }),
  },
  {
    name: 'commit ids are folded to lower case',
    spoil: ({ store }) => ({
      append: (appends, options) =>
        store.append(appends, { ...options, commitId: options?.commitId?.toLowerCase() }),
      findCommit: (stream, commitId, options) =>
        store.findCommit(stream, typeof commitId === 'string' ? commitId.toLowerCase() : commitId, options),
    }),
  },
  {
    name: 'rejections are remembered',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const key = JSON.stringify([appends[0]?.stream, options?.commitId])
        const before = shared.get(key) as Error | undefined
        if (before !== undefined) throw before
        try {
          return await store.append(appends, options)
        } catch (error) {
          if (hasCode(error, 'GENERATION_CONFLICT')) shared.set(key, error)
          throw error
        }
      },
    }),
  },
  {
    name: 'mere checks are remembered',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const key = JSON.stringify([appends[0]?.stream, options?.commitId])
        if (shared.has(key)) {
          return { streams: [], events: [], generations: appends.map(() => 0), repeated: true }
        }
        const result = await store.append(appends, options)
        if (result.events.length === 0) shared.set(key, true)
        return result
      },
    }),
  },
  {
    name: 'a repeat does not say that it is one',
    spoil: ({ store }) => ({
      append: async (appends, options) => ({ ...(await store.append(appends, options)), repeated: false }),
    }),
  },
  {
    name: 'a repeat tells the generations of today',
    spoil: ({ store }) => ({
      async append(appends, options) {
        const result = await store.append(appends, options)
        if (!result.repeated) return result
        const streams = appends.map(({ stream }) => Array.fromAsync(store.readStream(stream)))
        return { ...result, generations: (await Promise.all(streams)).map(({ length }) => length) }
      },
    }),
  },
  {
    name: 'commit ids are looked up without a lock',
    spoil: ({ store, shared }) => ({
      async append(appends, options) {
        const key = JSON.stringify([appends[0]?.stream, options?.commitId])
        // Whoever comes while another looks finds nothing either, and both store.
        const commitId = shared.has(key) ? crypto.randomUUID() : options?.commitId
        shared.set(key, true)
        try {
          return await store.append(appends, { ...options, commitId })
        } finally {
          shared.delete(key)
        }
      },
    }),
  },
  {
    name: 'findCommit finds nothing',
    spoil: ({ store }) => ({
      async findCommit(stream, commitId, options) {
        await store.findCommit(stream, commitId, options)
        return undefined
      },
    }),
  },
  {
    name: 'findCommit takes anything, and heeds no signal',
    spoil: ({ store }) => ({
      findCommit: (stream, commitId) => store.findCommit(stream, commitId).catch(() => undefined),
    }),
  },
  {
    name: 'findCommit says that the commit was the first',
    spoil: ({ store }) => ({
      async findCommit(stream, commitId, options) {
        const result = await store.findCommit(stream, commitId, options)
        return result && { ...result, repeated: false }
      },
    }),
  },
]

const OTHER = { source: 'urn:x:other', type: 'Other', version: 1, data: {} }

function withoutMetadata(result: AppendResult): AppendResult {
  return { ...result, events: result.events.map((event) => ({ ...event, metadata: {} })) }
}

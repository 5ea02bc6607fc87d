import { checkAppend } from '@eventmill/core/adapter'
import { assertConnections, leak, type Mutant } from './mutant.ts'

/** Mistakes with waiting, closing and capabilities. */
export const handleMutants: readonly Mutant[] = [
  {
    name: 'waiting ends only with an append of the same handle',
    spoilHandle: (_, handle) => {
      const waiting = new Set<() => void>()
      return {
        async append(appends, options) {
          const result = await handle.append(appends, options)
          for (const wake of waiting) wake()
          return result
        },
        async waitForAppend(after, signal) {
          if ((await handle.head()) > after || !Number.isSafeInteger(after) || after < 0) {
            return handle.waitForAppend?.(after, signal)
          }
          const stop = new AbortController()
          const own = new Promise<void>((resolve) => waiting.add(resolve))
          const failing = handle.waitForAppend?.(
            Number.MAX_SAFE_INTEGER,
            AbortSignal.any([signal, stop.signal]),
          )
          try {
            await Promise.race([own, failing])
          } finally {
            stop.abort()
            await failing?.catch(() => undefined)
          }
        },
      }
    },
  },
  {
    name: 'waiting always waits for the next append',
    spoil: ({ store }) => ({
      waitForAppend: async (after, signal) => {
        if (!(after >= 0) || !Number.isSafeInteger(after)) return store.waitForAppend(after, signal)
        return store.waitForAppend(Math.max(after, await store.head()), signal)
      },
    }),
  },
  {
    name: 'waiting heeds no signal once it waits',
    spoilHandle: ({ store }) => ({
      async waitForAppend(after, signal) {
        signal.throwIfAborted()
        await store.waitForAppend(after, new AbortController().signal)
      },
    }),
  },
  {
    name: 'waiting takes what is no position',
    spoil: ({ store }) => ({
      waitForAppend: async (after, signal) => {
        if (after >= 0 && Number.isSafeInteger(after)) await store.waitForAppend(after, signal)
      },
    }),
  },
  {
    name: 'waiting ends at once, and does not wait',
    spoil: ({ store }) => ({
      waitForAppend: async (after, signal) => {
        await store.waitForAppend(Math.min(after, -1 + 0 * after), signal).catch((error: unknown) => {
          if (!(after >= 0)) throw error
          signal.throwIfAborted()
        })
      },
    }),
  },
  {
    name: 'push is promised, but there is nothing to wait with',
    spoilHandle: () => ({ waitForAppend: undefined }) as never,
  },
  {
    name: 'closing does nothing',
    spoilHandle: () => ({ close: () => Promise.resolve() }),
  },
  {
    name: 'closing twice is an error',
    spoilHandle: (_, handle) => {
      let closed = false
      return {
        async close() {
          if (closed) throw new Error('closed already')
          closed = true
          await handle.close()
        },
      }
    },
  },
  {
    name: 'closing lets reads under way go on',
    spoilHandle: ({ store }, handle) => ({
      async *readAll(options) {
        await handle.head()
        yield* store.readAll(options)
      },
    }),
  },
  {
    name: 'closing leaves those who wait waiting',
    spoilHandle: ({ store }, handle) => ({
      async waitForAppend(after, signal) {
        await handle.head()
        await store.waitForAppend(after, signal)
      },
    }),
  },
  {
    name: 'reopening loses the commit ids',
    spoil: ({ store, shared }) => ({
      append: (appends, options) =>
        store.append(appends, shared.has('closed') ? { ...options, commitId: crypto.randomUUID() } : options),
    }),
    spoilHandle: ({ shared }, handle) => ({
      close() {
        shared.set('closed', true)
        return handle.close()
      },
    }),
  },
  {
    name: 'closing a handle closes all that share its pool',
    spoilHandle: ({ shared }, handle) => {
      const pool = (shared.get('pool') ?? []) as { close(): Promise<void> }[]
      shared.set('pool', pool)
      pool.push(handle)
      return {
        async close() {
          for (const each of pool.splice(0)) await each.close()
        },
      }
    },
  },
  {
    name: 'an append that is in flight when its handle is closed is acknowledged, and lost',
    spoilHandle: (_, handle) => {
      let closed = false
      return {
        async append(appends, options) {
          if (closed) return handle.append(appends, options)
          const taken = checkAppend(appends, options)
          await Promise.resolve()
          // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may have been closed meanwhile
          if (closed) return { streams: [], events: [], generations: [], repeated: false }
          return handle.append(taken, options)
        },
        close() {
          closed = true
          return handle.close()
        },
      }
    },
  },
  {
    name: 'waiting looks at the head first, and listens afterwards',
    spoilHandle: (_, handle) => ({
      async waitForAppend(after, signal) {
        const natural = Number.isSafeInteger(after) && after >= 0
        if (natural && (await handle.head()) > after) return
        await new Promise(setImmediate)
        const from = natural ? Math.max(after, await handle.head()) : after
        await handle.waitForAppend?.(from, signal)
      },
    }),
  },
  {
    name: 'a handle has room for one who waits',
    spoilHandle: (_, handle) => {
      let latest = 0
      return {
        async waitForAppend(after, signal) {
          const own = ++latest
          await handle.waitForAppend?.(after, signal)
          if (own !== latest) await untilAborted(signal)
        },
      }
    },
  },
  {
    name: 'the abort of one wait ends all waits of its handle',
    spoilHandle: (_, handle) => {
      let all = new AbortController()
      return {
        async waitForAppend(after, signal) {
          const own = all
          try {
            await handle.waitForAppend?.(after, AbortSignal.any([signal, own.signal]))
          } finally {
            if (signal.aborted) {
              all = new AbortController()
              own.abort(signal.reason)
            }
          }
        },
      }
    },
  },
  {
    name: 'a wait that is aborted keeps its connection',
    spoilHandle: ({ shared }, handle) => ({
      async waitForAppend(after, signal) {
        try {
          await handle.waitForAppend?.(after, signal)
        } finally {
          if (signal.aborted) leak(shared)
        }
      },
      async *readAll(options) {
        assertConnections(shared)
        yield* handle.readAll(options)
      },
    }),
  },
  {
    name: 'waiting ends with the appends of the same process',
    spoilHandle: ({ shared }, handle) => ({
      async append(appends, options) {
        const result = await handle.append(appends, options)
        shared.set('own', await handle.head())
        return result
      },
      async waitForAppend(after, signal) {
        const natural = Number.isSafeInteger(after) && after >= 0
        if (natural && (await handle.head()) > after) return
        for (let from = after; ;) {
          await handle.waitForAppend?.(from, signal)
          await new Promise(setImmediate)
          if (Number(shared.get('own') ?? 0) > after) return
          from = await handle.head()
        }
      },
    }),
  },
]

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
}

import { type AppendResult, type DomainEvent, type StreamAppend } from '@eventmill/core'
import { checkAppend, equalJson } from '@eventmill/core/adapter'
import { type Backing, ConnectionLost, type Mutant } from './mutant.ts'

/** Mistakes that show when connections fail, statements stall and processes die. */
export const faultMutants: readonly Mutant[] = [
  {
    name: 'a lost connection is reported as it comes',
    onLost: (_, error) => Promise.reject(error),
  },
  {
    name: 'what is sent again is sent under another identity',
    onLost: (send) => send(crypto.randomUUID()),
  },
  {
    name: 'a lost answer is taken for success',
    onLost: () => Promise.resolve({ streams: [], events: [], generations: [], repeated: false }),
  },
  {
    name: 'what is lost once more when it is sent again is reported as it comes',
    onLost: (send) => send(),
  },
  {
    name: 'whether a lost append was stored is concluded from a read',
    spoilHandle: ({ store, connections }, handle) => ({
      async append(appends, options) {
        await handle.head()
        const taken = checkAppend(appends, options)
        try {
          return await connections.send(this as never, () => store.append(taken, options))
        } catch (error) {
          if (!(error instanceof ConnectionLost)) throw error
          return (await storedAlready({ store }, taken)) ?? handle.append(taken, options)
        }
      },
    }),
  },
  {
    name: 'an append that is aborted in flight is reported as aborted, and stored',
    spoilHandle: (_, handle) => ({
      async append(appends, options) {
        const appending = handle.append(appends, { ...options, signal: undefined })
        const { signal } = options ?? {}
        if (signal === undefined) return appending
        appending.catch(() => undefined)
        return Promise.race([appending, aborted(signal)])
      },
    }),
  },
  {
    name: 'the events of an append that stalls after its positions were given out come late',
    spoil: ({ store, shared }) => {
      const stalled = stalledPositions(shared)
      return {
        async *readStream(stream, options) {
          for await (const event of store.readStream(stream, options)) {
            if (!stalled.has(event.position)) yield event
          }
        },
        async *readAll({ limit, ...options } = {}) {
          let left = limit ?? Infinity
          for await (const event of store.readAll({
            ...options,
            ...(Number.isSafeInteger(limit) && Number(limit) > 0 ? {} : { limit }),
          })) {
            if (stalled.has(event.position) || left <= 0) continue
            left -= 1
            yield event
          }
        },
      }
    },
    spoilHandle: ({ store, shared, connections }, handle) => ({
      async append(appends, options) {
        await handle.head()
        const commitId = options?.commitId ?? crypto.randomUUID()
        const result = await store.append(appends, { ...options, commitId })
        const hidden = stalledPositions(shared)
        if (!result.repeated) for (const { position } of result.events) hidden.add(position)
        // It commits only now.
        await connections.send(this as never, () => Promise.resolve(result)).catch(() => undefined)
        for (const { position } of result.events) hidden.delete(position)
        return result
      },
    }),
  },
  {
    name: 'what was acknowledged is written when the handle is closed',
    spoil: ({ store, connections, shared }) => ({
      async *readAll(options) {
        for await (const event of store.readAll(options)) {
          if (!connections.crashed || event.position <= Number(shared.get('written') ?? 0)) yield event
        }
      },
    }),
    spoilHandle: ({ store, shared }, handle) => ({
      async close() {
        shared.set('written', await store.head())
        await handle.close()
      },
    }),
  },
]

function stalledPositions(shared: Map<string, unknown>): Set<number> {
  const stalled = (shared.get('stalled') ?? new Set()) as Set<number>
  shared.set('stalled', stalled)
  return stalled
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })
}

/** The events at the ends of the streams, if they say what was appended. */
async function storedAlready(
  { store }: Pick<Backing, 'store'>,
  appends: readonly StreamAppend[],
): Promise<AppendResult | undefined> {
  const events: DomainEvent[] = []
  const generations: number[] = []
  for (const { stream, events: given } of appends) {
    const all = await Array.fromAsync(store.readStream(stream))
    const last = given.length === 0 ? [] : all.slice(-given.length)
    const said = (list: readonly { readonly data: unknown }[]) => list.map(({ data }) => data)
    if (!equalJson(said(last), said(given))) return undefined
    events.push(...last)
    generations.push(all.length)
  }
  return { streams: appends.map(({ stream }) => stream), events, generations, repeated: false }
}

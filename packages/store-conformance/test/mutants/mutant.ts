import {
  type AppendResult,
  type DomainEvent,
  type EventStore,
  eventmillError,
  type Position,
} from '@eventmill/core'
import { type StoreUnderTest } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'

/** A store with one mistake in it, of a kind that real stores have made. */
export interface Mutant {
  readonly name: string
  /** Whether it only shows in a stream of many events. */
  readonly long?: boolean | undefined
  /** The mistake, where it lies in what is sent to the backing store. */
  readonly spoil?: ((backing: Backing) => Partial<EventStore>) | undefined
  /** The mistake, where it lies in the handle: in how it reads, waits and closes. */
  readonly spoilHandle?: ((backing: Backing, handle: EventStore) => Partial<EventStore>) | undefined
  /** The mistake, where it lies in what becomes of a lost connection. Default: the statement is sent again. */
  readonly onLost?: OnLost | undefined
}

/** `send` sends the statement again, under its own identity or another. */
export type OnLost = (
  send: (identity?: string) => Promise<AppendResult>,
  error: ConnectionLost,
) => Promise<AppendResult>

/** A store without mistakes, with what the handles on it have in common. */
export interface Backing {
  readonly store: InMemoryStore
  readonly shared: Map<string, unknown>
  readonly connections: Connections
}

/** The connections of handles, which may fail. */
export class Connections {
  readonly #cuts = new Map<EventStore, 'before' | 'during' | 'after'>()
  readonly #held = new Map<EventStore, Promise<void>>()

  cut(handle: EventStore, when: 'before' | 'during' | 'after'): void {
    this.#cuts.set(handle, when)
  }

  holdUp(handle: EventStore): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#held.set(handle, promise.then())
    return () => {
      resolve(undefined)
    }
  }

  /** Sends a statement, at once unless it is held up, and brings back its answer unless the connection fails. */
  send(handle: EventStore, statement: () => Promise<AppendResult>): Promise<AppendResult> {
    const held = this.#held.get(handle)
    this.#held.delete(handle)
    return held === undefined
      ? this.#transmit(handle, statement)
      : held.then(() => this.#transmit(handle, statement))
  }

  async #transmit(handle: EventStore, statement: () => Promise<AppendResult>): Promise<AppendResult> {
    const when = this.#cuts.get(handle)
    this.#cuts.delete(handle)
    if (when === 'before') throw new ConnectionLost()
    const answer = await statement()
    if (when === undefined) return answer
    throw new ConnectionLost()
  }
}

/** What a driver says when its connection is gone. */
export class ConnectionLost extends Error {}

/** A mutant as the rules meet it. */
export function underTest({ name, spoil, spoilHandle, onLost }: Mutant): StoreUnderTest {
  return {
    name,
    fixture: () => {
      let now: number | undefined
      const store = new InMemoryStore({ clock: () => now ?? Date.now() })
      const backing: Backing = { store, shared: new Map(), connections: new Connections() }
      return {
        connect: () => {
          const handle = openHandle(backing, { ...delegate(store), ...spoil?.(backing) }, onLost)
          return Promise.resolve(Object.assign(handle, spoilHandle?.(backing, { ...handle })))
        },
        setClock: (time) => {
          now = time
        },
        rawEvents: () => Array.fromAsync(store.readAll()),
        faults: backing.connections,
      }
    },
  }
}

/** The methods of a store as an object that can be spread. */
export function delegate(store: InMemoryStore): EventStore {
  return {
    capabilities: store.capabilities,
    append: (appends, options) => store.append(appends, options),
    findCommit: (stream, commitId, options) => store.findCommit(stream, commitId, options),
    readStream: (stream, options) => store.readStream(stream, options),
    readAll: (options) => store.readAll(options),
    head: () => store.head(),
    waitForAppend: (after, signal) => store.waitForAppend(after, signal),
    close: () => store.close(),
  }
}

/** A handle of its own: it is closed alone, and sends again, under the same identity, what its connection has lost. */
function openHandle(
  { connections }: Backing,
  store: EventStore,
  onLost: OnLost = (send) => send(),
): EventStore {
  const closing = new AbortController()
  const assertOpen = () => {
    closing.signal.throwIfAborted()
  }
  const handle: EventStore = {
    ...store,
    async append(appends, options) {
      assertOpen()
      const own = options?.commitId ?? crypto.randomUUID()
      const send = (identity = own) =>
        connections.send(handle, () => store.append(appends, { ...options, commitId: identity }))
      try {
        return await send()
      } catch (error) {
        if (error instanceof ConnectionLost) return await onLost(send, error)
        throw error
      }
    },
    async findCommit(stream, commitId, options) {
      assertOpen()
      return store.findCommit(stream, commitId, options)
    },
    readStream: (stream, options) => whileOpen(() => store.readStream(stream, options), assertOpen),
    readAll: (options) => whileOpen(() => store.readAll(options), assertOpen),
    async head() {
      assertOpen()
      return store.head()
    },
    ...(store.waitForAppend && {
      async waitForAppend(after: Position, signal: AbortSignal) {
        assertOpen()
        await store.waitForAppend?.(after, AbortSignal.any([signal, closing.signal]))
      },
    }),
    close() {
      closing.abort(eventmillError('STORE_CLOSED', 'the handle is closed', {}))
      return Promise.resolve()
    },
  }
  return handle
}

async function* whileOpen(
  read: () => AsyncIterable<DomainEvent>,
  assertOpen: () => void,
): AsyncGenerator<DomainEvent, void> {
  assertOpen()
  for await (const event of read()) {
    yield event
    assertOpen()
  }
}

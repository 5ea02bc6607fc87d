import { type AppendResult, type DomainEvent, type EventStore, type Position } from '@eventmill/core'
import { eventmillError } from '@eventmill/core/adapter'
import { type Faults, type Hold, type StoreUnderTest } from '@eventmill/store-conformance'
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
  own: string,
) => Promise<AppendResult>

/** A store without mistakes, with what the handles on it have in common. */
export interface Backing {
  readonly store: InMemoryStore
  /** The memory of one process: handles that are connected elsewhere share another one. */
  readonly shared: Map<string, unknown>
  readonly connections: Connections
}

/** The connections of handles, which may fail. */
export class Connections implements Faults {
  readonly #cuts = new Map<EventStore, { when: 'before' | 'during' | 'after'; attempts: number }>()
  readonly #holds = new Map<EventStore, Stop>()
  readonly #crashes = new Map<EventStore, () => void>()
  /** How many transactions of somebody else are open. */
  bystanders = 0
  /** The memory of the process that appends right now. */
  writer: Map<string, unknown> | undefined
  /** Positions that were given out, in whichever process, and are not committed. */
  readonly uncommitted = new Set<number>()
  crashed = false

  cut(handle: EventStore, when: 'before' | 'during' | 'after', attempts: number): void {
    this.#cuts.set(handle, { when, attempts })
  }

  holdUp(handle: EventStore): Hold {
    return this.#hold(handle, 'sent')
  }

  /** Its positions are given out by the commit. */
  stall(handle: EventStore): Hold {
    return this.#hold(handle, 'sent')
  }

  deliverLate(handle: EventStore): Hold {
    return this.#hold(handle, 'late')
  }

  crash(handle: EventStore): void {
    this.crashed = true
    this.#crashes.get(handle)?.()
  }

  /** Says what becomes of a handle when it crashes. */
  opened(handle: EventStore, crash: () => void): void {
    this.#crashes.set(handle, crash)
  }

  /** Sends a statement, at once unless it is held up, and brings back its answer unless the connection fails. */
  async send(handle: EventStore, statement: () => Promise<AppendResult>): Promise<AppendResult> {
    const stop = this.#holds.get(handle)
    this.#holds.delete(handle)
    if (stop === undefined) return this.#transmit(handle, statement)
    const { at, reached, released, done } = stop
    reached()
    const going = released.then(() => this.#transmit(handle, statement)).finally(done)
    if (at === 'sent') return going
    going.catch(() => undefined)
    throw new ConnectionLost()
  }

  #hold(handle: EventStore, at: Stop['at']): Hold {
    const [reached, released, done] = [signal(), signal(), signal()]
    this.#holds.set(handle, { at, reached: reached.resolve, released: released.promise, done: done.resolve })
    return {
      reached: reached.promise,
      release: async () => {
        released.resolve()
        if (this.#holds.delete(handle)) return
        await done.promise
      },
    }
  }

  async #transmit(handle: EventStore, statement: () => Promise<AppendResult>): Promise<AppendResult> {
    const cut = this.#cuts.get(handle)
    if (cut === undefined || cut.attempts === 0) return statement()
    cut.attempts -= 1
    if (cut.when === 'before') throw new ConnectionLost()
    await statement()
    throw new ConnectionLost()
  }
}

/** Where an append is to stop, and what tells the others of it. */
interface Stop {
  readonly at: 'sent' | 'late'
  readonly reached: () => void
  readonly released: Promise<void>
  readonly done: () => void
}

function signal() {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return {
    promise: promise.then(() => undefined),
    resolve: () => {
      resolve(undefined)
    },
  }
}

/** A connection of this process is not given back. */
export function leak(shared: Map<string, unknown>): void {
  shared.set('leaked', Number(shared.get('leaked') ?? 0) + 1)
}

/** Fails once there is none left. */
export function assertConnections(shared: Map<string, unknown>): void {
  if (Number(shared.get('leaked') ?? 0) > 15) throw new Error('no connection is left')
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
      const connections = new Connections()
      const here: Backing = { store, shared: new Map(), connections }
      const connect = (backing: Backing) => {
        const handle = openHandle(backing, { ...delegate(store), ...spoil?.(backing) }, onLost)
        return Promise.resolve(Object.assign(handle, spoilHandle?.(backing, { ...handle })))
      }
      return {
        connect: () => connect(here),
        connectElsewhere: () => connect({ ...here, shared: new Map() }),
        setClock: (time) => {
          now = time
        },
        rawEvents: () => Array.fromAsync(store.readAll()),
        faults: connections,
        stall: (handle) => connections.stall(handle),
        openBystander: () => {
          connections.bystanders += 1
          return Promise.resolve(() => {
            connections.bystanders -= 1
            return Promise.resolve()
          })
        },
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
function openHandle({ connections }: Backing, store: EventStore, onLost: OnLost = sendAgain): EventStore {
  const closing = new AbortController()
  const assertOpen = () => {
    closing.signal.throwIfAborted()
  }
  const handle: EventStore = {
    ...store,
    async append(appends, options) {
      assertOpen()
      const own = options?.commitId ?? crypto.randomUUID()
      let signal = options?.signal
      const send = (identity = own) => {
        const statement = { signal, commitId: identity }
        // Once it may have been stored, only its own answer tells: nobody can still call it off.
        signal = undefined
        return connections.send(handle, () => store.append(appends, { ...options, ...statement }))
      }
      try {
        return await send()
      } catch (error) {
        if (error instanceof ConnectionLost) return await onLost(send, error, own)
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
  const crash = () => {
    closing.abort(new Error('the process is gone'))
  }
  connections.opened(handle, crash)
  return handle
}

/** Under its own identity, three times at most. */
const sendAgain: OnLost = async (send, _, own) => {
  for (let attempts = 0; attempts < 3; attempts++) {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error
    }
  }
  throw eventmillError('APPEND_OUTCOME_UNKNOWN', `repeat it under ${own}`, { commitId: own })
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

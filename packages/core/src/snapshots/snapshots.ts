import { type VersionedAggregate } from '../aggregates/aggregate-definition.ts'
import { freezeState, isImmutable } from '../aggregates/freeze-state.ts'
import { checkInteger, checkKeys, invalidArgument } from '../argument-checks.ts'
import { type Target } from '../aggregates/command.ts'
import { hasCode } from '../errors.ts'
import { type Generation } from '../events/event.ts'
import { type StreamId } from '../events/stream.ts'
import { copyJson } from '../json.ts'
import { type SnapshotStore } from './snapshot-store.ts'

/** Where snapshots are kept, and who is told what goes wrong with them. */
export interface SnapshotOptions {
  /** Such as `InMemorySnapshotStore`, or the `snapshots` of a `PostgresStore`. */
  readonly store: SnapshotStore
  /**
   * Told of what could not be loaded, saved or read, and of states that JSON cannot carry (`VALUE_NOT_JSON`); no dispatch
   * fails with it. Default: `console.error`.
   */
  readonly onError?: ((error: unknown, stream: StreamId) => unknown) | undefined
}

/** A state to start from, instead of the initial one. It holds where the stream has this very event at its generation. */
export interface RestoredState {
  readonly generation: Generation
  readonly eventId: string
  readonly state: unknown
}

/** So many snapshots are saved at a time; others are left until the next one is due. */
const SAVING = 100

/** Of so many aggregates it is remembered that their states are no JSON. */
const REFUSED = 1_000

/** Loads and saves snapshots, as the definitions of aggregates want it. Whatever fails here fails nothing else. */
export class Snapshots {
  readonly #store: SnapshotStore | undefined
  readonly #onError: (error: unknown, stream: StreamId) => unknown
  readonly #saving = new Set<string>()
  /** Which snapshots could not be made, by the aggregate. */
  readonly #refused = new Map<string, number>()

  /** Throws `ARGUMENT_INVALID`. `provisional`: there are none in a transaction, which may hold the only connection. */
  constructor(options: SnapshotOptions | undefined, provisional: boolean) {
    if (options !== undefined) checkKeys(options, OPTIONS, 'options.snapshots')
    const { store, onError = report } = options ?? {}
    if (options !== undefined && typeof store?.load !== 'function') {
      throw invalidArgument('options.snapshots.store', 'a snapshot store', store)
    }
    if (typeof onError !== 'function') {
      throw invalidArgument('options.snapshots.onError', 'a function', onError)
    }
    this.#store = provisional ? undefined : store
    this.#onError = onError
  }

  /** The newest snapshot of an aggregate, if there is one, and it is not beyond this generation. */
  async find(
    { definition, stream }: Target,
    upTo: Generation,
    signal: AbortSignal | undefined,
  ): Promise<RestoredState | undefined> {
    const { snapshots: rules } = definition
    if (this.#store === undefined || rules === undefined) return undefined
    try {
      const snapshot = await this.#store.load(stream, rules.version, { signal })
      if (snapshot?.version !== rules.version || snapshot.generation > upTo) return undefined
      const { generation, eventId, state } = snapshot
      checkInteger(generation, 1, 'snapshot.generation')
      return { generation, eventId, state: freezeState(rules.codec.decode(state as never)) }
    } catch (error) {
      signal?.throwIfAborted()
      this.#tell(error, stream)
      return undefined
    }
  }

  /** Forgets the snapshots of a stream that has lost the events of which they were made. */
  async forget({ stream }: Target): Promise<void> {
    try {
      await this.#store?.delete(stream)
    } catch (error) {
      this.#tell(error, stream)
    }
  }

  /**
   * Saves a snapshot where one is due between these generations; `eventId` is that of the last event. Nobody waits. What a
   * handler may have changed, in `decidedOn`, is left to the next load.
   */
  keep(
    { definition, stream, key }: Target,
    from: Generation,
    { generation, state }: VersionedAggregate,
    eventId: string,
    decidedOn: unknown,
  ): void {
    const { snapshots: rules } = definition
    if (this.#store === undefined || rules === undefined) return
    const due = Math.floor(generation / rules.every)
    if (Math.floor(from / rules.every) === due || this.#refused.get(key) === due) return
    if (this.#saving.has(key) || this.#saving.size === SAVING || !isImmutable(decidedOn)) return
    this.#saving.add(key)
    void this.#save(this.#store, stream, () => {
      const { version, codec } = rules
      this.#refuse(key, due)
      const snapshot = { version, generation, eventId, state: copyJson(codec.encode(state), 'state') }
      this.#refused.delete(key)
      return snapshot
    }).finally(() => this.#saving.delete(key))
  }

  /** A state that cannot be written as JSON is told of once, until the next snapshot is due. */
  #refuse(key: string, due: number): void {
    this.#refused.delete(key)
    this.#refused.set(key, due)
    const [oldest] = this.#refused.keys()
    if (oldest !== undefined && this.#refused.size > REFUSED) this.#refused.delete(oldest)
  }

  async #save(
    store: SnapshotStore,
    stream: StreamId,
    snapshot: () => Parameters<SnapshotStore['save']>[1],
  ): Promise<void> {
    try {
      await store.save(stream, snapshot())
    } catch (error) {
      // Whoever closes a store waits for no snapshot.
      if (!hasCode(error, 'STORE_CLOSED')) this.#tell(error, stream)
    }
  }

  /** Whatever a listener does, nobody else fails with it. */
  #tell(error: unknown, stream: StreamId): void {
    Promise.resolve()
      .then(() => this.#onError(error, stream))
      .catch(() => undefined)
  }
}

const OPTIONS = new Set(['store', 'onError'])

function report(error: unknown, stream: StreamId): void {
  console.error('snapshot failed', stream, error)
}

import {
  type AppendOptions,
  type AppendResult,
  type DomainEvent,
  type EventStore,
  type FindCommitOptions,
  type Position,
  type ReadAllOptions,
  type ReadStreamOptions,
  type SnapshotStore,
  type StoreCapabilities,
  type StreamAppend,
  type StreamId,
} from '@eventmill/core'
import {
  checkAppend,
  checkFindCommit,
  checkReadAll,
  checkReadStream,
  checkWaitForAppend,
  unlessAborted,
} from '@eventmill/core/adapter'
import { appendOf } from './appending/appends.ts'
import { Appending } from './appending/appending.ts'
import { type PgliteTransaction, type PgTransaction } from './database/client.ts'
import { type OwnDatabase } from './database/database.ts'
import { PgliteDatabase } from './database/pglite-database.ts'
import { PoolDatabase } from './database/pool-database.ts'
import { pgliteTransaction, pgTransaction } from './database/transaction-database.ts'
import { storeClosed } from './errors.ts'
import { EventLog } from './event-log.ts'
import { EventTypes } from './event-types.ts'
import { type Health, horizonOf } from './health.ts'
import { checkOptions, checkTransaction, type PostgresStoreOptions } from './options.ts'
import { Push } from './push.ts'
import { LogPages } from './reading/log-pages.ts'
import { readPages } from './reading/page.ts'
import { StreamLoads } from './reading/stream-loads.ts'
import { migrate, quoted } from './schema/migrate.ts'
import { checkDatabase } from './schema/opening.ts'
import { PostgresSnapshots } from './snapshots.ts'
import { TransactionStore } from './transaction-store.ts'

/**
 * Events in PostgreSQL 15 or newer, on a server or embedded. Every method may fail with `MIGRATION_REQUIRED`,
 * `STORE_UNREACHABLE`, `STORE_REFUSED` or `STORE_BUSY` as well.
 */
export class PostgresStore implements EventStore {
  readonly capabilities: StoreCapabilities
  /** Snapshots of aggregates, kept beside their events, for `new Core(store, { snapshots: { store: store.snapshots } })`. */
  readonly snapshots: SnapshotStore
  readonly #schema: string
  readonly #prepare: boolean
  readonly #embedded: boolean
  readonly #database: OwnDatabase
  readonly #types: EventTypes
  readonly #log: EventLog
  readonly #appending: Appending
  readonly #loads: StreamLoads
  readonly #push: Push
  #opening: Promise<void> | undefined
  #open = false
  #closed = false

  constructor(options: PostgresStoreOptions) {
    const { client, schema, prepare, timeouts } = checkOptions(options)
    this.#schema = schema
    this.#prepare = prepare
    this.#embedded = 'waitReady' in client
    this.#database =
      'waitReady' in client
        ? new PgliteDatabase(client, timeouts)
        : new PoolDatabase(client, prepare, timeouts)
    this.#types = new EventTypes(this.#database, quoted(schema))
    this.#log = new EventLog(this.#database, quoted(schema), this.#types)
    this.#push = new Push(this.#database, quoted(schema), () => this.#log.progress())
    this.#appending = new Appending(this.#log, this.#types, timeouts.operation, () => {
      this.#push.announce()
    })
    this.snapshots = new PostgresSnapshots(this.#database, quoted(schema), async (signal) => {
      this.#assertOpen()
      await this.#opened(signal)
    })
    this.#loads = new StreamLoads(this.#log.streams, timeouts.operation)
    this.capabilities = Object.freeze({
      // PGlite does not wait for the disk.
      durable: this.#embedded ? 'process' : 'machine',
      multiStream: true,
      push: true,
      commitIds: 'forever',
    })
  }

  /** Creates what the store needs, or brings it to what this release needs. Any number of processes may do so at once. */
  async migrate(): Promise<void> {
    this.#assertOpen()
    await migrate(this.#database, this.#schema)
  }

  async append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<AppendResult> {
    this.#assertOpen()
    const append = appendOf(checkAppend(appends, options), options?.commitId)
    const signal = options?.signal
    await this.#opened(signal)
    return this.#appending.append(append, signal)
  }

  async findCommit(
    stream: StreamId,
    commitId: string,
    options?: FindCommitOptions,
  ): Promise<AppendResult | undefined> {
    this.#assertOpen()
    const checked = checkFindCommit(stream, commitId, options)
    const signal = options?.signal
    await this.#opened(signal)
    const commit = await this.#log.findCommit(checked, commitId, signal)
    this.#assertOpen()
    return commit
  }

  async *readStream(stream: StreamId, options?: ReadStreamOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { stream: checked, ...range } = checkReadStream(stream, options)
    await this.#opened(range.signal)
    yield* readPages(range, this.#loads.of(checked, range), () => {
      this.#assertOpen()
    })
  }

  async *readAll(options?: ReadAllOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { filter, ...range } = checkReadAll(options)
    await this.#opened(range.signal)
    const horizon = await this.#log.horizon(range.upTo, range.signal)
    this.#assertOpen()
    const pages = new LogPages(this.#database, quoted(this.#schema), this.#types, { ...range, filter })
    yield* readPages(
      { ...range, upTo: Math.min(range.upTo, horizon) },
      (page) => pages.read(page, range.signal),
      () => {
        this.#assertOpen()
      },
    )
  }

  async head(): Promise<Position> {
    this.#assertOpen()
    await this.#opened()
    const head = await this.#log.head()
    this.#assertOpen()
    return head
  }

  /** Fails with `CHECKPOINT_AHEAD` where the store ends before `after`. */
  async waitForAppend(after: Position, signal: AbortSignal): Promise<void> {
    this.#assertOpen()
    checkWaitForAppend(after, signal)
    await this.#opened(signal)
    await this.#push.wait(after, signal)
  }

  /**
   * This store within a transaction of yours, under READ COMMITTED, the default: what it appends is stored when you
   * commit, and until then others wait who append to the same streams. A conflict leaves the transaction as it was. The
   * log as a whole cannot be read in it, which would wait for what it appends itself.
   */
  within(transaction: PgTransaction | PgliteTransaction): EventStore {
    this.#assertOpen()
    checkTransaction(transaction)
    const database = this.#embedded
      ? pgliteTransaction(transaction as PgliteTransaction)
      : pgTransaction(transaction as PgTransaction, this.#prepare)
    const schema = quoted(this.#schema)
    return new TransactionStore({
      database,
      schema,
      capabilities: this.capabilities,
      types: new EventTypes(database, schema, { types: this.#types, isReachable: !this.#embedded }),
      // By itself: what fails in it fails nobody else.
      opened: async () => {
        if (!this.#open) await checkDatabase(database, this.#schema)
        this.#open = true
      },
    })
  }

  /** How the store does, for those who watch over it. */
  async health(): Promise<Health> {
    this.#assertOpen()
    await this.#opened()
    return {
      ...(await this.#log.progress()),
      horizon: await horizonOf(this.#database, this.#schema),
      appends: this.#appending.load,
      loads: this.#loads.load,
      pool: this.#database.load,
      push: this.#push.listening ? 'listening' : 'polling',
      readers: this.#push.readers,
    }
  }

  /** Appends that are in flight come to their end; those that wait for their turn fail. */
  async close(): Promise<void> {
    this.#closed = true
    const pushed = this.#push.close(storeClosed())
    await Promise.all([this.#appending.close(storeClosed()), this.#loads.close(storeClosed())])
    // What was stored last is announced as well.
    await Promise.all([pushed, this.#push.close(storeClosed())])
  }

  /** Looks once whether the database is as it should be. */
  async #opened(signal?: AbortSignal): Promise<void> {
    if (this.#open) return
    this.#opening ??= checkDatabase(this.#database, this.#schema)
    try {
      await unlessAborted(this.#opening, signal)
      this.#open = true
    } catch (error) {
      if (signal?.aborted !== true) this.#opening = undefined
      throw error
    }
    this.#assertOpen()
  }

  #assertOpen(): void {
    if (this.#closed) throw storeClosed()
  }
}

import {
  type AppendOptions,
  type AppendResult,
  type DomainEvent,
  type EventStore,
  type FindCommitOptions,
  type Position,
  type ReadStreamOptions,
  type StoreCapabilities,
  type StreamAppend,
  type StreamId,
} from '@eventmill/core'
import { checkAppend, checkFindCommit, checkReadStream, eventmillError } from '@eventmill/core/adapter'
import { appendOf, outcomeUnknown } from './appending/appends.ts'
import { type Database } from './database/database.ts'
import { storeClosed, toldWithin, TypeLost } from './errors.ts'
import { EventLog } from './event-log.ts'
import { type EventTypes } from './event-types.ts'
import { readPages } from './reading/page.ts'

/** What a transaction of the user's is to a store. */
export interface Within {
  readonly database: Database
  readonly capabilities: StoreCapabilities
  /** Quoted. */
  readonly schema: string
  /** Whose keys outlive a rollback. */
  readonly types: EventTypes
  /** Resolves once the database was found to be as it should be. */
  readonly opened: () => Promise<void>
}

/** A store within one transaction. Its statements are sent one by one, as the transaction is one connection. */
export class TransactionStore implements EventStore {
  readonly capabilities: StoreCapabilities
  readonly #types: EventTypes
  readonly #log: EventLog
  readonly #opened: () => Promise<void>
  #closed = false

  constructor({ database, capabilities, schema, types, opened }: Within) {
    this.capabilities = Object.freeze({ ...capabilities, push: false, provisional: true })
    this.#types = types
    this.#log = new EventLog(database, schema, types)
    this.#opened = opened
  }

  async append(appends: readonly StreamAppend[], options?: AppendOptions): Promise<AppendResult> {
    this.#assertOpen()
    const append = appendOf(checkAppend(appends, options), options?.commitId)
    await this.#opened()
    try {
      const typeKeys = await this.#types.keysOf(append.events)
      options?.signal?.throwIfAborted()
      const [outcome] = await this.#log.append([append], typeKeys, { wait: true, patience: null })
      if (outcome === undefined || outcome === 'blocked') throw outcomeUnknown(append)
      if ('error' in outcome) throw outcome.error
      return outcome.result
    } catch (error) {
      if (error instanceof TypeLost) this.#types.forget()
      throw toldWithin(error)
    }
  }

  async findCommit(
    stream: StreamId,
    commitId: string,
    options?: FindCommitOptions,
  ): Promise<AppendResult | undefined> {
    this.#assertOpen()
    const checked = checkFindCommit(stream, commitId, options)
    await this.#opened()
    return this.#log.findCommit(checked, commitId, options?.signal)
  }

  async *readStream(stream: StreamId, options?: ReadStreamOptions): AsyncGenerator<DomainEvent, void> {
    this.#assertOpen()
    const { stream: checked, ...range } = checkReadStream(stream, options)
    await this.#opened()
    yield* readPages(range, this.#log.streams.of(checked, range), () => {
      this.#assertOpen()
    })
  }

  // eslint-disable-next-line require-yield -- it fails when it is iterated
  async *readAll(): AsyncGenerator<DomainEvent, void> {
    throw outsideOnly('readAll')
  }

  head(): Promise<Position> {
    return Promise.reject(outsideOnly('head'))
  }

  /** The transaction stays the user's. */
  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  #assertOpen(): void {
    if (this.#closed) throw storeClosed()
  }
}

function outsideOnly(capability: string): Error {
  const message = `${capability} would wait for what its own transaction has appended: call it on the store itself, outside of the transaction`
  return eventmillError('CAPABILITY_MISSING', message, { capability })
}

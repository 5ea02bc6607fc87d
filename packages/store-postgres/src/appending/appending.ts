import { type AppendResult } from '@eventmill/core'
import { streamKey } from '@eventmill/core/adapter'
import { patiently } from '../database/patience.ts'
import { ConnectionLost, Locked, storeBusy, toldError, TypeLost, ValueRefused } from '../errors.ts'
import { type EventLog } from '../event-log.ts'
import { type EventTypes } from '../event-types.ts'
import { GroupCommit, type Load, type Outcome, type Queued } from '../group-commit.ts'
import { type Append, outcomeUnknown } from './appends.ts'

/** So many batches are under way at a time: while one is written to the disk, the other is made. */
const BATCHES = 2
/** So many appends travel together. */
const MOST = 500
/** In milliseconds: how long a batch waits for others that create the same streams, before it goes on without them. */
const PATIENCE = 25
/** In milliseconds: how long appends wait for a stream that is locked, before others have a turn. */
const LONG_PATIENCE = 1_000

interface QueuedAppend extends Append, Queued {}

/** Appends of one store on their way to the database. */
export class Appending {
  readonly #log: EventLog
  readonly #types: EventTypes
  readonly #timeout: number
  readonly #onStored: () => void
  readonly #group: GroupCommit<QueuedAppend, AppendResult>
  readonly #closing = new AbortController()

  /** `timeout` in milliseconds. `onStored` is called whenever something may have been stored. */
  constructor(log: EventLog, types: EventTypes, timeout: number, onStored: () => void) {
    this.#log = log
    this.#types = types
    this.#timeout = timeout
    this.#onStored = onStored
    this.#group = new GroupCommit<QueuedAppend, AppendResult>(
      {
        send: (batch, patient) => this.#send(batch, patient),
        abandoned: outcomeUnknown,
        // Its answer was lost, and it waits to be sent again.
        givenUp: (append, reason) => (append.sent ? outcomeUnknown(append) : reason),
        late: (append, waiting) => (append.sent ? outcomeUnknown(append) : storeBusy(waiting)),
      },
      { batches: BATCHES, most: MOST, timeout },
    )
  }

  get load(): Load {
    return this.#group.load
  }

  append(append: Append, signal: AbortSignal | undefined): Promise<AppendResult> {
    const keys = append.appends.map(({ stream }) => streamKey(stream))
    const bytes = append.data.reduce((sum, { length }) => sum + length, 0)
    return this.#group.run(Object.assign(append, { keys, bytes, signal }))
  }

  /** What is between two tries is not tried again. */
  close(error: Error): Promise<void> {
    this.#closing.abort(error)
    return this.#group.close(error)
  }

  async #send(batch: readonly QueuedAppend[], patient: boolean): Promise<readonly Outcome<AppendResult>[]> {
    try {
      return await patiently(() => this.#attempt(batch, patient), this.#timeout, this.#closing.signal)
    } catch (error) {
      if (error instanceof Locked && (patient || isAboutOneStream(batch))) return batch.map(() => 'blocked')
      if ((error instanceof Locked || error instanceof ValueRefused) && batch.length > 1) {
        return this.#sendHalves(batch, patient)
      }
      return batch.map((append) => ({
        error: append.sent ? outcomeUnknown(append, error) : toldError(error),
      }))
    }
  }

  async #attempt(
    batch: readonly QueuedAppend[],
    patient: boolean,
  ): Promise<readonly Outcome<AppendResult>[]> {
    const typeKeys = await this.#types.keysOf(batch.flatMap(({ events }) => events))
    const sending = { wait: patient, patience: patient ? LONG_PATIENCE : PATIENCE }
    try {
      const outcomes = await this.#log.append(batch, typeKeys, sending)
      this.#onStored()
      return outcomes
    } catch (error) {
      if (error instanceof TypeLost) this.#types.forget()
      // It may be stored, or arrive yet: from now on it is sent as what may have been sent before.
      if (error instanceof ConnectionLost && error.sent) for (const append of batch) append.sent = true
      throw error
    }
  }

  /** Whose payload it is that the database refuses, or whose type of event others hold, shows when they travel apart. */
  async #sendHalves(
    batch: readonly QueuedAppend[],
    patient: boolean,
  ): Promise<readonly Outcome<AppendResult>[]> {
    const half = Math.ceil(batch.length / 2)
    const first = await this.#send(batch.slice(0, half), patient)
    // What is blocked must not be overtaken by what comes later to its streams.
    const held = new Set(batch.flatMap(({ keys }, index) => (first[index] === 'blocked' ? keys : [])))
    const free = batch.slice(half).filter(({ keys }) => {
      const isHeld = keys.some((key) => held.has(key))
      if (isHeld) for (const key of keys) held.add(key)
      return !isHeld
    })
    const second = free.length === 0 ? [] : await this.#send(free, patient)
    return [...first, ...batch.slice(half).map((append) => second[free.indexOf(append)] ?? 'blocked')]
  }
}

function isAboutOneStream(batch: readonly QueuedAppend[]): boolean {
  return new Set(batch.flatMap(({ keys }) => keys)).size === 1
}

import { type Batch, type DomainEvent, type EventStore, type Position, subscribe } from '@eventmill/core'
import { unlessAborted } from '@eventmill/core/adapter'
import { partitionOf } from '../partition.ts'
import { type Projection } from '../projection.ts'

/** Where a partition begins to read, and until when. */
export interface ReadingOptions {
  readonly after: Position
  /** Ends the reading, which does not fail with it. */
  readonly signal: AbortSignal
  /** Told what went wrong before it is tried again. */
  readonly onRetry: (error: unknown) => void
}

/** A batch is so many times larger, at most, than a transaction, whatever the number of partitions that it is for. */
const WIDEST = 4
/** So many batches, at most, are kept for the partitions that are slower than others. */
const MOST_BATCHES = 2

/**
 * The log as the partitions of a version read it in one process: together, each batch once, as long as they keep pace. One
 * that falls back, or begins elsewhere, reads by itself until it meets the others, and holds nobody up.
 */
export class SharedLog {
  readonly #open: (after: Position) => Cursor
  readonly #partitions: number
  readonly #readers = new Map<number, Reader>()
  /** Batches, and those that are being read, by the positions after which they begin. */
  readonly #batches = new Map<Position, Promise<DividedBatch>>()
  /** Who reads a batch, by the position after which it begins. */
  readonly #reading = new Map<Position, Cursor>()
  /** Who may read on, by the position after which. */
  readonly #resting = new Map<Position, Cursor>()

  /** Each partition gets about `transactionSize` events at a time. */
  constructor(store: EventStore, { filter, partitions }: Projection, transactionSize: number) {
    const batchSize = transactionSize * Math.min(WIDEST, partitions)
    this.#open = (after) => {
      const closing = new AbortController()
      const onRetry = (error: unknown) => {
        this.#tell(cursor, error)
      }
      const options = { filter, after, batchSize, signal: closing.signal, onRetry }
      const batches = subscribe(store, options).batches()[Symbol.asyncIterator]()
      const cursor: Cursor = { batches, closing, head: undefined }
      return cursor
    }
    this.#partitions = partitions
  }

  /** The batches of one partition, with its own events only. */
  async *batches(partition: number, { after, signal, onRetry }: ReadingOptions): AsyncGenerator<Batch, void> {
    const reader = { after, onRetry }
    this.#readers.set(partition, reader)
    try {
      // Those who wait there already know that nothing is left.
      if (this.#reading.get(after)?.head === after) yield { events: [], position: after, head: after }
      while (!signal.aborted) {
        const { position, head, parts } = await unlessAborted(this.#batchAfter(reader.after), signal)
        yield { position, head, events: parts[partition] ?? [] }
        reader.after = position
        this.#forget()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      if (this.#readers.get(partition) === reader) this.#readers.delete(partition)
      this.#forget()
    }
  }

  #batchAfter(after: Position): Promise<DividedBatch> {
    const known = this.#batches.get(after)
    if (known !== undefined) return known
    const cursor = this.#resting.get(after) ?? this.#open(after)
    this.#resting.delete(after)
    this.#reading.set(after, cursor)
    const batch = this.#read(cursor, after)
    this.#batches.set(after, batch)
    // There may be nobody left whom it concerns.
    batch.catch(() => undefined)
    return batch
  }

  async #read(cursor: Cursor, after: Position): Promise<DividedBatch> {
    try {
      const batch = (await cursor.batches.next()) as IteratorYieldResult<Batch>
      cursor.closing.signal.throwIfAborted()
      const { position, head, events } = batch.value
      cursor.head = head
      // Whoever has got there by another cursor goes on with this one.
      close(this.#resting.get(position))
      this.#resting.set(position, cursor)
      // Nothing was left: the next one is still to come.
      if (position === after) this.#batches.delete(after)
      return { position, head, parts: this.#divided(events) }
    } catch (error) {
      // Who comes again tries again.
      if (this.#reading.get(after) === cursor) this.#batches.delete(after)
      throw error
    } finally {
      if (this.#reading.get(after) === cursor) this.#reading.delete(after)
    }
  }

  /** Those who wait for a cursor are told what has gone wrong with it. */
  #tell(cursor: Cursor, error: unknown): void {
    for (const reader of this.#readers.values()) {
      if (this.#reading.get(reader.after) === cursor) reader.onRetry(error)
    }
  }

  #divided(events: readonly DomainEvent[]): readonly (readonly DomainEvent[])[] {
    if (this.#partitions === 1) return [events]
    const parts: DomainEvent[][] = Array.from({ length: this.#partitions }, () => [])
    for (const event of events) parts[partitionOf(event, this.#partitions)]?.push(event)
    return parts
  }

  /** Lets go of what nobody comes for any more, and of what is too much to be kept. */
  #forget(): void {
    const slowest = Math.min(...[...this.#readers.values()].map(({ after }) => after))
    for (const cursors of [this.#resting, this.#reading]) {
      for (const [after, cursor] of cursors) {
        if (after >= slowest) continue
        cursors.delete(after)
        close(cursor)
      }
    }
    const wanted = new Set([...this.#readers.values()].map(({ after }) => after))
    for (const [after, cursor] of this.#resting) {
      if (this.#resting.size <= this.#readers.size || wanted.has(after)) continue
      this.#resting.delete(after)
      close(cursor)
    }
    for (const after of this.#batches.keys()) {
      const isTooMuch = this.#batches.size > MOST_BATCHES && !this.#reading.has(after)
      if (after < slowest || isTooMuch) this.#batches.delete(after)
    }
  }
}

/** A batch, its events by their partitions. */
interface DividedBatch extends Pick<Batch, 'position' | 'head'> {
  readonly parts: readonly (readonly DomainEvent[])[]
}

/** A subscription of its own. */
interface Cursor {
  readonly batches: AsyncIterator<Batch>
  readonly closing: AbortController
  /** Where the log ended when it last looked. */
  head: Position | undefined
}

interface Reader extends Pick<ReadingOptions, 'onRetry'> {
  after: Position
}

function close(cursor: Cursor | undefined): void {
  cursor?.closing.abort()
  // One that has just yielded releases what it holds by this alone.
  cursor?.batches.return?.().catch(() => undefined)
}

import {
  type AppendResult,
  type DomainEvent,
  type EventStore,
  type NewEvent,
  type ReadStreamOptions,
  type StoreCapabilities,
  type StreamAppend,
  type StreamId,
} from '@eventmill/core'
import {
  checkAppend,
  eventmillError,
  generationConflict,
  isExpected,
  streamKey,
} from '@eventmill/core/adapter'

/** The events of a scenario: what has happened, and what is decided. It forgets neither, and knows nothing of time. */
export class ScenarioStore implements EventStore {
  readonly capabilities: StoreCapabilities = {
    durable: 'none',
    multiStream: true,
    push: false,
    commitIds: { seconds: 0 },
  }
  readonly #streams = new Map<string, DomainEvent[]>()
  #position = 0

  /** Adds what has happened. */
  add(stream: StreamId, events: readonly NewEvent[], time?: string): readonly DomainEvent[] {
    const own = this.#streams.get(streamKey(stream)) ?? []
    this.#streams.set(streamKey(stream), own)
    return events.map((event) => {
      const stored = storedEvent(event, stream, own.length + 1, ++this.#position, time)
      own.push(stored)
      return stored
    })
  }

  eventsOf(stream: StreamId): readonly DomainEvent[] {
    return this.#streams.get(streamKey(stream)) ?? []
  }

  async append(appends: readonly StreamAppend[]): Promise<AppendResult> {
    const checked = checkAppend(appends)
    for (const { stream, expected } of checked) {
      const actual = this.#generation(stream)
      if (!isExpected(expected, actual)) throw generationConflict(stream, expected, actual)
    }
    return {
      streams: checked.map(({ stream }) => stream),
      events: checked.flatMap(({ stream, events }) => this.add(stream, events)),
      generations: checked.map(({ stream }) => this.#generation(stream)),
      repeated: false,
    }
  }

  async findCommit(): Promise<undefined> {
    return undefined
  }

  async *readStream(
    stream: StreamId,
    { after = 0, upTo = Infinity }: ReadStreamOptions = {},
  ): AsyncGenerator<DomainEvent> {
    yield* this.eventsOf(stream).slice(after, upTo)
  }

  // eslint-disable-next-line require-yield -- it fails when it is iterated
  async *readAll(): AsyncGenerator<DomainEvent> {
    throw eventmillError('CAPABILITY_MISSING', 'a scenario has streams, and no log', {
      capability: 'readAll',
    })
  }

  async head(): Promise<number> {
    return this.#position
  }

  async close(): Promise<void> {
    // There is nothing to release.
  }

  #generation(stream: StreamId): number {
    return this.eventsOf(stream).length
  }
}

function storedEvent(
  { source, type, version, data, metadata = {} }: NewEvent,
  { aggregateType, aggregateId }: StreamId,
  sequence: number,
  position: number,
  time = new Date(position * 1_000).toISOString(),
): DomainEvent {
  const id = `00000000-0000-7000-8000-${position.toString(16).padStart(12, '0')}`
  return { source, type, version, data, metadata, id, aggregateType, aggregateId, sequence, position, time }
}

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

/** The events of a scenario: what has happened, and what is decided. It forgets neither. */
export class ScenarioStore implements EventStore {
  readonly capabilities: StoreCapabilities = {
    durable: 'none',
    multiStream: true,
    push: false,
    commitIds: { seconds: 0 },
  }
  readonly #streams = new Map<string, DomainEvent[]>()
  #position = 0
  /** When the next append happens, in milliseconds since 1970: each comes a second after the one before. */
  now: number = Date.UTC(2000, 0, 1)

  eventsOf(stream: StreamId): readonly DomainEvent[] {
    return this.#streams.get(streamKey(stream)) ?? []
  }

  async append(appends: readonly StreamAppend[]): Promise<AppendResult> {
    const checked = checkAppend(appends)
    for (const { stream, expected } of checked) {
      const actual = this.#generation(stream)
      if (!isExpected(expected, actual)) throw generationConflict(stream, expected, actual)
    }
    const time = new Date(this.now).toISOString()
    this.now += 1_000
    return {
      streams: checked.map(({ stream }) => stream),
      events: checked.flatMap(({ stream, events }) => events.map((event) => this.#add(stream, event, time))),
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

  #add(stream: StreamId, event: NewEvent, time: string): DomainEvent {
    const own = this.#streams.get(streamKey(stream)) ?? []
    const { source, type, version, data, metadata = {} } = event
    const place = { ...stream, sequence: own.length + 1, position: ++this.#position }
    const id = `00000000-0000-7000-8000-${place.position.toString(16).padStart(12, '0')}`
    const stored = { source, type, version, data, metadata, id, ...place, time }
    own.push(stored)
    this.#streams.set(streamKey(stream), own)
    return stored
  }

  #generation(stream: StreamId): number {
    return this.eventsOf(stream).length
  }
}

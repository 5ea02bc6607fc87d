import { type EventStore, type NewEvent } from '@eventmill/core'

/** An event of another library, as far as it matters. */
interface ForeignEvent {
  readonly type: string
  readonly data: object
}

/** Stores a stream of another library. Done twice, it changes nothing. */
export async function importStream(
  store: EventStore,
  aggregateType: string,
  aggregateId: string,
  events: readonly ForeignEvent[],
): Promise<void> {
  const source = 'https://example.com/concert'
  const converted = events.map(({ type, data }): NewEvent => ({ source, type, version: 1, data }))
  await store.append([{ stream: { aggregateType, aggregateId }, expected: 0, events: converted }], {
    commitId: `import of ${aggregateId}`,
  })
}

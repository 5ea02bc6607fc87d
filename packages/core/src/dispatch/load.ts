import { initialVersion, nextVersion, type VersionedAggregate } from '../aggregates/aggregate-definition.ts'
import { type ResolvedTarget } from '../aggregates/command.ts'
import { type Generation } from '../events/event.ts'
import { type EventStore } from '../store/event-store.ts'

/** How a load goes about it. */
export interface LoadOptions {
  /** What is known of the aggregate already. Default: its initial state. */
  readonly known?: VersionedAggregate | undefined
  /** Up to and including this generation. Default: the newest. */
  readonly upTo?: Generation | undefined
  /** Up to and including this time, in milliseconds since 1970. Default: no limit. */
  readonly until?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Folds a stream into its aggregate. Throws `EVENT_UNREADABLE`, and what the store throws. */
export async function load(
  store: EventStore,
  { definition, aggregateId, stream }: Pick<ResolvedTarget, 'definition' | 'aggregateId' | 'stream'>,
  { known = initialVersion(definition, aggregateId), upTo, until = Infinity, signal }: LoadOptions,
): Promise<VersionedAggregate> {
  let aggregate = known
  for await (const event of store.readStream(stream, { after: known.generation, upTo, signal })) {
    if (until !== Infinity && Date.parse(event.time) > until) break
    aggregate = nextVersion(definition, aggregate, event)
  }
  return aggregate
}

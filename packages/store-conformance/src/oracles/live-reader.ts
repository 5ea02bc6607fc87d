import { type DomainEvent, type EventFilter, type EventStore, type Position } from '@eventmill/core'
import { eventMatcher } from '@eventmill/core/adapter'
import { type Random } from '../random.ts'
import { verify, verifyEqual } from '../verify.ts'

/** A reader that follows a store from a checkpoint, and records all that it sees. */
export interface LiveReader {
  /** Follows until `done` says that nothing more comes, and everything up to the head has been read. */
  follow(done: () => boolean): Promise<void>
  /** Fails unless what was seen is what a log holds behind the checkpoint. */
  compare(log: readonly DomainEvent[]): void
}

export interface LiveReaderOptions {
  readonly name: string
  /** Opens a handle; the reader restarts with a new one now and then. */
  readonly connect: () => Promise<EventStore>
  /** Whether a handle is one of its own, which may be closed. */
  readonly closes: boolean
  readonly after: Position
  readonly filter?: EventFilter | undefined
  readonly random: Random
}

/** A reader that sees the same events again and again would never end. */
const MOST = 20_000

/**
 * An unfiltered reader goes on after the last event that it has seen; a filtered one, which sees little, after the
 * head as it was before it read. Both are what the contract says is safe.
 */
export function liveReader({ name, connect, closes, after, filter, random }: LiveReaderOptions): LiveReader {
  const seen: DomainEvent[] = []
  let checkpoint = after

  const page = async (store: EventStore): Promise<number> => {
    const head = await store.head()
    if (filter !== undefined) {
      const before = seen.length
      for await (const event of store.readAll({
        after: checkpoint,
        upTo: Math.max(head, checkpoint),
        filter,
      })) {
        seen.push(event)
      }
      checkpoint = Math.max(head, checkpoint)
      return seen.length - before
    }
    let read = 0
    const limit = 1 + random.below(20)
    for await (const event of store.readAll({ after: checkpoint, limit })) {
      seen.push(event)
      checkpoint = event.position
      read += 1
      if (random.below(20) === 0) break
    }
    return read
  }

  return {
    async follow(done) {
      let store = await connect()
      for (;;) {
        const last = done()
        const read = await page(store)
        if (read > 0 && random.below(10) === 0) {
          if (closes) await store.close()
          store = await connect()
        }
        verify(
          seen.length <= MOST,
          `the reader ${name} has seen ${seen.length} events, more than there can be`,
        )
        if (last && read === 0) return
        if (read === 0) await new Promise((resolve) => setTimeout(resolve))
      }
    },
    compare(log) {
      const expected = log.filter((event) => event.position > after).filter(eventMatcher(filter))
      const brief = (events: readonly DomainEvent[]) => events.map(({ position, id }) => `${position} ${id}`)
      verifyEqual(brief(seen), brief(expected), `what the reader ${name} has seen`)
    },
  }
}

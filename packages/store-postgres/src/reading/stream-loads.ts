import { type StreamId } from '@eventmill/core'
import { type CheckedRead } from '@eventmill/core/adapter'
import { GroupCommit, type Load, type Queued } from '../group-commit.ts'
import { storeBusy } from '../errors.ts'
import { type Page } from './page.ts'
import { type StreamPages, type StreamRange } from './stream-pages.ts'

/** So many statements are under way at a time, and so many pages travel together. */
const BATCHES = 2
const MOST = 200

interface QueuedLoad extends StreamRange, Queued {}

/** Pages of streams on their way from the database. Those that are wanted while others are under way travel together. */
export class StreamLoads {
  readonly #pages: StreamPages
  readonly #group: GroupCommit<QueuedLoad, Page>

  /** `timeout` in milliseconds. */
  constructor(pages: StreamPages, timeout: number) {
    this.#pages = pages
    this.#group = new GroupCommit<QueuedLoad, Page>(
      {
        send: async (batch) => {
          const loaded = await pages.read(batch, { backwards: false, signal: undefined })
          return loaded.map((result) => ({ result }))
        },
        abandoned: ({ signal }) => signal?.reason as Error,
        givenUp: (_, reason) => reason,
        late: (_, waiting) => storeBusy(waiting),
      },
      { batches: BATCHES, most: MOST, timeout },
    )
  }

  get load(): Load {
    return this.#group.load
  }

  /** Reads one stream page by page. */
  of(stream: StreamId, options: CheckedRead): ReturnType<StreamPages['of']> {
    const { signal } = options
    return this.#pages.of(stream, options, (range) =>
      this.#group.run({ ...range, keys: NO_KEYS, bytes: 0, signal }),
    )
  }

  close(error: Error): Promise<void> {
    return this.#group.close(error)
  }
}

/** Reads are in nobody's way. */
const NO_KEYS: readonly string[] = []

import { type AppendOptions, type AppendResult, type EventStore, type StreamAppend } from '@eventmill/core'
import { eventmillError, streamName, uuidv7 } from '@eventmill/core/adapter'
import { type Schedule } from './schedule.ts'

/** The store of one command, whose calls wait for their turns. A read is one step. */
export function scheduledStore(store: EventStore, command: number, schedule: Schedule): EventStore {
  const turn = <Result>(text: string, work: () => Promise<Result>, lose?: () => Promise<Result>) =>
    new Promise<Result>((resolve, reject) => {
      const settle = (work: () => Promise<Result>) => () => work().then(resolve, reject)
      schedule.wait(command, { text, begin: settle(work), lose: lose && settle(lose) })
    })
  return {
    capabilities: { ...store.capabilities, push: false },
    append: (appends, options) =>
      turn(
        appendText(appends),
        () => store.append(appends, options),
        // Who learns nothing of a mere look loses nothing.
        appends.some(({ events }) => events.length > 0)
          ? () => appendUnanswered(store, appends, options)
          : undefined,
      ),
    findCommit: (stream, commitId, options) =>
      turn(`looks for the commit ${commitId} on ${streamName(stream)}`, () =>
        store.findCommit(stream, commitId, options),
      ),
    async *readStream(stream, options) {
      yield* await turn(`reads ${streamName(stream)}`, () => collected(store.readStream(stream, options)))
    },
    async *readAll(options) {
      yield* await turn('reads the log', () => collected(store.readAll(options)))
    },
    head: () => turn('asks for the head', () => store.head()),
    close: async () => undefined,
  }
}

function appendText(appends: readonly StreamAppend[]): string {
  const parts = appends.map(({ stream, expected, events }) => {
    const types = events.map(({ type }) => type).join(', ')
    const what = events.length === 0 ? 'checks' : `appends ${types} to`
    return `${what} ${streamName(stream)} (expected ${expected})`
  })
  return parts.join(' and ')
}

/** Fails as a store does that has not heard whether its database took the events, or refused them. */
async function appendUnanswered(
  store: EventStore,
  appends: readonly StreamAppend[],
  options?: AppendOptions,
): Promise<AppendResult> {
  const commitId = options?.commitId ?? uuidv7(Date.now())
  const [told] = await Promise.allSettled([store.append(appends, { ...options, commitId })])
  const cause = told.status === 'rejected' ? (told.reason as unknown) : undefined
  const message = `the answer to the append ${commitId} was lost: repeat it with this commit id`
  throw eventmillError('APPEND_OUTCOME_UNKNOWN', message, { commitId, cause })
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

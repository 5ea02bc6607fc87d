import { type AppendOptions, type AppendResult, type EventStore, type StreamAppend } from '@eventmill/core'
import { eventmillError, streamName, uuidv7 } from '@eventmill/core/adapter'
import { appendOf, type Footprint, lookUpOf, readOf, readOfLog } from './footprint.ts'
import { type Schedule } from './schedule.ts'

/** What a step does, and what its command is told of that. */
interface Work<Result> {
  readonly begin: () => Promise<Result>
  readonly answer: (begun: Promise<Result>) => Promise<Result>
}

/** The store of one command, whose calls wait for their turns. A read is one step. */
export function scheduledStore(store: EventStore, command: number, schedule: Schedule): EventStore {
  const turn = <Result>(
    text: string,
    footprint: (told: PromiseSettledResult<Result>) => Footprint,
    begin: () => Promise<Result>,
    lost?: Work<Result>,
  ) =>
    new Promise<Result>((resolve) => {
      const step = (work: Work<Result>) => async () => {
        const begun = work.begin()
        resolve(work.answer(begun))
        const [told] = await Promise.allSettled([begun])
        return footprint(told)
      }
      const told = { begin, answer: (begun: Promise<Result>) => begun }
      schedule.wait(command, { text, begin: step(told), lose: lost && step(lost) })
    })
  const read = <Result>(text: string, footprint: Footprint, begin: () => Promise<Result>) =>
    turn(text, () => footprint, begin)
  return {
    capabilities: { ...store.capabilities, push: false },
    append: (appends, options) =>
      turn(
        appendText(appends),
        (told) => appendOf(appends, options?.commitId, told),
        () => store.append(appends, options),
        // Who learns nothing of a mere look loses nothing.
        appends.some(({ events }) => events.length > 0) ? unanswered(store, appends, options) : undefined,
      ),
    findCommit: (stream, commitId, options) =>
      read(`looks for the commit ${commitId} on ${streamName(stream)}`, lookUpOf(stream, commitId), () =>
        store.findCommit(stream, commitId, options),
      ),
    async *readStream(stream, options) {
      yield* await read(`reads ${streamName(stream)}`, readOf(stream), () =>
        collected(store.readStream(stream, options)),
      )
    },
    async *readAll(options) {
      yield* await read('reads the log', readOfLog, () => collected(store.readAll(options)))
    },
    head: () => read('asks for the head', readOfLog, () => store.head()),
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

/** An append that fails as if the store had not heard whether its database took the events, or refused them. */
function unanswered(
  store: EventStore,
  appends: readonly StreamAppend[],
  options?: AppendOptions,
): Work<AppendResult> {
  const commitId = options?.commitId ?? uuidv7(Date.now())
  return {
    begin: () => store.append(appends, { ...options, commitId }),
    answer: async (begun) => {
      const [told] = await Promise.allSettled([begun])
      const cause = told.status === 'rejected' ? (told.reason as unknown) : undefined
      const message = `the answer to the append ${commitId} was lost: repeat it with this commit id`
      throw eventmillError('APPEND_OUTCOME_UNKNOWN', message, { commitId, cause })
    },
  }
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

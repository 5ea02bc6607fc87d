import { type EventStore, type ExpectedGeneration } from '@eventmill/core'
import { setTimeout } from 'node:timers/promises'
import { type Random } from '../../../store-conformance/src/random.ts'
import { Author, CHANGED, inTime, type Intent, isPassing, POPULAR, STREAMS } from './author.ts'
import { type Deeds } from './deeds.ts'

export interface WriterOptions {
  readonly store: EventStore
  /** Its number, which no other has. */
  readonly writer: number
  readonly random: Random
  readonly deeds: Deeds
  /** No new append is made once it is aborted. */
  readonly stopped: AbortSignal
}

/** Appends whatever comes to its mind, one after the other or many at once, until it is stopped. */
export async function write({ store, writer, random, deeds, stopped }: WriterOptions): Promise<void> {
  const author = new Author(store, writer, deeds, random)

  const intent = async (): Promise<Intent> => {
    const streams = choose(random)
    return author.intent(
      await Promise.all(
        streams.map(async (stream) => ({ stream, generation: await expectation(store, stream, random) })),
      ),
    )
  }

  const underId = async () => {
    const made = await intent()
    const commitId = random.below(2) === 0 ? crypto.randomUUID() : `${writer} ${made.mark.append}`
    const result = await author.append(made, { commitId })
    const [first] = made.appends
    if (result === undefined || first === undefined || random.below(4) > 0) return
    const again = await patiently(() =>
      random.below(2) === 0
        ? store.findCommit(first.stream, commitId)
        : store.append(made.appends, { commitId }),
    )
    const same = again?.repeated === true && again.events[0]?.id === result.events[0]?.id
    if (!same) deeds.found(`under the commit id ${commitId} there is something else than was stored`)
  }

  const abortedSoon = async () => {
    const controller = new AbortController()
    const appending = author.append(await intent(), { signal: controller.signal })
    await setTimeout(random.below(10))
    controller.abort(CHANGED)
    await appending
  }

  const manyAtOnce = async () => {
    const intents = await Promise.all(Array.from({ length: 20 }, intent))
    await Promise.all(intents.map((each) => author.append(each)))
  }

  const one = async () => {
    await author.append(await intent())
  }

  while (!stopped.aborted) {
    try {
      await random.of(one, one, one, one, one, one, underId, underId, underId, abortedSoon, manyAtOnce)()
    } catch (error) {
      deeds.found(`writer ${writer} fails with ${String(error)}`)
    }
    await setTimeout(random.below(20))
  }
}

/** From one to three streams, in any order. */
function choose(random: Random): readonly string[] {
  const count = random.of(1, 1, 1, 1, 2, 3)
  const streams = new Set<string>()
  while (streams.size < count) {
    const from = random.below(2) === 0 ? POPULAR : STREAMS
    streams.add(from[random.below(from.length)] ?? '')
  }
  return [...streams]
}

async function expectation(store: EventStore, id: string, random: Random): Promise<ExpectedGeneration> {
  const kind = random.below(8)
  if (kind < 2) return 'any'
  if (kind === 2) return 'exists'
  return patiently(async () => {
    const stream = { aggregateType: 'Soaked', aggregateId: id }
    for await (const { sequence } of store.readStream(stream, { backwards: true, limit: 1 })) return sequence
    return 0
  })
}

/** What may be repeated is, until the server is back. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await inTime(work())
    } catch (error) {
      if (!isPassing(error)) throw error
      await setTimeout(50)
    }
  }
}

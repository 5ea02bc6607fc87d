import { type EventStore } from '@eventmill/core'
import fc from 'fast-check'
import { histories } from './histories.ts'
import { type Answer, type Call, storeAnswer } from './history.ts'
import { modelAnswer } from './model.ts'
import { verifyEqual } from './verify.ts'

/** How random histories are chosen. A failure prints the seed and the path that repeat it, and the shortest history found. */
export interface RunOptions {
  /** How many histories. Default 100. */
  readonly runs?: number | undefined
  /** Default: another one each time. */
  readonly seed?: number | undefined
  /** From an earlier failure, to begin where it ended. */
  readonly path?: string | undefined
}

/** Plays random histories to a store and to a model of the contract, which must answer alike. */
export function modelRun(store: EventStore, options: RunOptions = {}): Promise<void> {
  return run(store, () => Promise.resolve(modelAnswer()), 'the model', options)
}

/** Plays the same random histories to two stores, which must answer alike. */
export function differentialRun(
  store: EventStore,
  other: EventStore,
  options: RunOptions = {},
): Promise<void> {
  return run(store, (prefix) => storeAnswer(other, prefix), 'the other store', options)
}

async function run(
  store: EventStore,
  open: (prefix: string) => Promise<Answer>,
  name: string,
  { runs = 100, seed, path }: RunOptions,
): Promise<void> {
  const { multiStream } = store.capabilities
  const property = fc.asyncProperty(histories({ multiStream }), async (history) => {
    // Names of its own, so that one store can play many histories.
    const prefix = `${crypto.randomUUID()} `
    const answer = await storeAnswer(store, prefix)
    const other = await open(prefix)
    for (const [index, call] of history.entries()) {
      verifyEqual(
        await answer(call),
        await other(call),
        `the answer to call ${index + 1}, ${text(call)}, where ${name} differs,`,
      )
    }
  })
  await fc.assert(property, {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path, endOnFailure: true }),
  })
}

function text(call: Call): string {
  return JSON.stringify(call)
}

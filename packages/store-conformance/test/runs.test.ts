import { describe, expect, test } from '@jest/globals'
import { type EventStore } from '@eventmill/core'
import { differentialRun, modelRun } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'
import { delegate } from './mutants/mutant.ts'

/** Yields one event too many where a read of a stream is limited. */
function broken(): EventStore {
  const store = new InMemoryStore()
  return {
    ...delegate(store),
    readStream: (stream, { limit, ...rest } = {}) =>
      store.readStream(stream, limit === undefined ? rest : { ...rest, limit: limit + 1 }),
  }
}

describe('a model run', () => {
  test('of a right store ends well, again and again on the same store', async () => {
    const store = new InMemoryStore()
    await modelRun(store)
    await modelRun(store, { runs: 50 })
  })

  test('of a wrong store fails with a short history, and with what repeats it', async () => {
    const failure = await modelRun(broken(), { seed: 7 }).catch(String)
    expect(failure).toContain('{ seed: 7, path: ')
    const [shortest = ''] = /\[\{"call".*/.exec(String(failure)) ?? []
    expect(shortest.split('"call"').length - 1).toBe(2)
    const path = /path: "([\d:]+)"/.exec(String(failure))?.[1]
    await expect(modelRun(broken(), { seed: 7, path })).rejects.toThrow('after 1 tests')
  })
})

describe('a differential run', () => {
  test('of two right stores ends well', async () => {
    await differentialRun(new InMemoryStore(), new InMemoryStore())
  })

  test('of a right and a wrong store fails', async () => {
    await expect(differentialRun(new InMemoryStore(), broken(), { seed: 7 })).rejects.toThrow(
      'Property failed',
    )
  })
})

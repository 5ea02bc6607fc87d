import { describe, expect, test } from '@jest/globals'
import { type EventStore } from '@eventmill/core'
import { differentialRun, modelRun } from '@eventmill/store-conformance'
import { InMemoryStore } from '@eventmill/store-memory'
import fc from 'fast-check'
import { histories } from '../src/histories.ts'
import { modelAnswer } from '../src/model.ts'
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

test('histories meet what stores get wrong: repeats, reuse, conflicts, and reads of what is there', () => {
  const met = new Map<string, number>()
  const history = histories({ multiStream: true })
  for (const calls of fc.sample(history, { numRuns: 200, seed: 1 })) {
    const answer = modelAnswer()
    for (const call of calls) {
      const outcome = answer(call)
      const what = outcome === null ? 'nothing' : 'code' in outcome ? outcome.code : kindOf(outcome)
      met.set(`${call.call}: ${what}`, (met.get(`${call.call}: ${what}`) ?? 0) + 1)
    }
  }
  const least = {
    'append: stored': 300,
    'append: repeated': 100,
    'append: COMMIT_ID_REUSED': 30,
    'append: GENERATION_CONFLICT': 300,
    'findCommit: repeated': 30,
    'findCommit: nothing': 30,
    'readStream: some': 50,
    'readAll: some': 50,
  }
  for (const [what, count] of Object.entries(least)) {
    expect({ what, count: Math.min(count, met.get(what) ?? 0) }).toEqual({ what, count })
  }
})

function kindOf(outcome: { readonly says: readonly unknown[]; readonly repeated?: boolean }): string {
  if (outcome.repeated === true) return 'repeated'
  if (outcome.repeated === false) return 'stored'
  return outcome.says.length === 0 ? 'empty' : 'some'
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

import { describe, expect, test } from '@jest/globals'
import { rules } from '@eventmill/store-conformance'
import { brokenRules } from './mutants/broken-rules.ts'
import { foundBy } from './mutants/found-by.ts'
import { mutants } from './mutants/mutants.ts'

const isRace = (id: string) => id.startsWith('race/')
const steady = (ids: readonly string[]) => ids.filter((id) => !isRace(id))

/** The rules that have found some mutant. */
const finding = new Set<string>()

test('a store without a mistake breaks no rule', async () => {
  expect(await brokenRules({ name: 'conforming' })).toEqual([])
}, 60_000)

describe('a store with one mistake breaks the rules that are about it, and no others', () => {
  test.each(mutants)(
    '$name',
    async (mutant) => {
      const broken = await brokenRules(mutant)
      for (const id of broken) finding.add(id)
      expect(broken).not.toEqual([])
      expect(steady(broken)).toEqual(steady(foundBy[mutant.name] ?? []))
    },
    60_000,
  )
})

test('every mutant is named once, and is found by some rule', () => {
  expect(mutants.map(({ name }) => name)).toEqual(Object.keys(foundBy))
  expect(Object.entries(foundBy).filter(([, found]) => found.length === 0)).toEqual([])
})

test('every rule has found some mutant', () => {
  expect(rules.map(({ id }) => id).filter((id) => !finding.has(id))).toEqual([])
})

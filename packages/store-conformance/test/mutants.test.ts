import { describe, expect, test } from '@jest/globals'
import { rules } from '@eventmill/store-conformance'
import { brokenRules } from './mutants/broken-rules.ts'
import { foundBy, isSteady } from './mutants/found-by.ts'
import { mutants } from './mutants/mutants.ts'

/** The rules that have found some mutant. */
const finding = new Set<string>()

test('a store without a mistake breaks no rule', async () => {
  expect(await brokenRules({ name: 'conforming' })).toEqual([])
}, 60_000)

// That it breaks no other is seen in the matrix.
describe('a store with one mistake breaks each rule that is about it', () => {
  test.each(mutants)(
    '$name',
    async (mutant) => {
      const listed = foundBy[mutant.name] ?? []
      const broken = await brokenRules(mutant, ({ id }) => listed.includes(id))
      for (const id of broken) finding.add(id)
      expect(broken).not.toEqual([])
      expect(broken.filter(isSteady)).toEqual(listed.filter(isSteady))
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

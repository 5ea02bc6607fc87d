import { describe, expect, test } from '@jest/globals'
import { brokenRules } from '../mutants/broken-rules.ts'
import { foundBy, isSteady } from '../mutants/found-by.ts'
import { mutants } from '../mutants/mutants.ts'

describe('a store with one mistake breaks the rules that are about it, and no others', () => {
  test.each(mutants)(
    '$name',
    async (mutant) => {
      const broken = await brokenRules(mutant)
      expect(broken).not.toEqual([])
      expect(broken.filter(isSteady)).toEqual(foundBy[mutant.name]?.filter(isSteady))
    },
    60_000,
  )
})

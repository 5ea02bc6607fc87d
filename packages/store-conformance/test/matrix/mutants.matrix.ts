import { describe, expect, test } from '@jest/globals'
import { brokenRules } from '../mutants/broken-rules.ts'
import { foundBy, isSteady } from '../mutants/found-by.ts'
import { mutants } from '../mutants/mutants.ts'

describe('a store with one mistake breaks the rules that are about it, and no others', () => {
  test.each(mutants)(
    '$name',
    async (mutant) => {
      const listed = foundBy[mutant.name] ?? []
      const broken = await brokenRules(mutant)
      expect(broken).not.toEqual([])
      // On a busy machine a rule may run out of time once: what is broken is broken again.
      const surprising = broken.filter((id) => !listed.includes(id))
      const again = await brokenRules(mutant, ({ id }) => surprising.includes(id))
      const found = broken.filter((id) => listed.includes(id) || again.includes(id))
      expect(found.filter(isSteady)).toEqual(listed.filter(isSteady))
    },
    60_000,
  )
})

import { modelRun } from '../model-run.ts'
import { type Rule } from '../rule.ts'

/** What holds for any history of calls. */
export const modelRules: readonly Rule[] = [
  {
    id: 'model/any-history',
    title: 'any history of calls is answered as by a model of the contract that is but a list',
    why: 'The combination that no rule names is the one that a user meets.',
    level: 'must',
    needs: [],
    timeout: 120_000,
    // The same histories each time: a report can be compared with the last one.
    run: async (fixture) => modelRun(await fixture.connect(), { runs: 200, seed: 1 }),
  },
]

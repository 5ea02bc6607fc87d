import { type Rule } from '../rule.ts'
import { appendRules } from './appends.ts'
import { atomicityRules } from './atomicity.ts'
import { commitIdRules } from './commit-ids.ts'
import { expectationRules } from './expectations.ts'
import { faultRules } from './faults.ts'
import { fidelityRules } from './fidelity.ts'
import { lifecycleRules } from './lifecycle.ts'
import { logRules } from './log.ts'
import { longReadRules } from './long-reads.ts'
import { modelRules } from './model.ts'
import { nameRules } from './names.ts'
import { pushRules } from './push.ts'
import { raceRules } from './races.ts'
import { readRules } from './reads.ts'

/** Every rule of the store contract. */
export const rules: readonly Rule[] = [
  ...lifecycleRules,
  ...expectationRules,
  ...appendRules,
  ...atomicityRules,
  ...commitIdRules,
  ...readRules,
  ...longReadRules,
  ...logRules,
  ...pushRules,
  ...fidelityRules,
  ...nameRules,
  ...faultRules,
  ...raceRules,
  ...modelRules,
]

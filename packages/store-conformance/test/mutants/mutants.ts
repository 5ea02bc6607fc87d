import { appendMutants } from './appends.ts'
import { commitMutants } from './commits.ts'
import { faultMutants } from './faults.ts'
import { handleMutants } from './handles.ts'
import { logMutants } from './log.ts'
import { type Mutant } from './mutant.ts'
import { nameMutants } from './names.ts'
import { payloadMutants } from './payloads.ts'
import { readMutants } from './reads.ts'

/** Every mistake that the rules are known to find. */
export const mutants: readonly Mutant[] = [
  ...appendMutants,
  ...commitMutants,
  ...readMutants,
  ...logMutants,
  ...payloadMutants,
  ...nameMutants,
  ...handleMutants,
  ...faultMutants,
]

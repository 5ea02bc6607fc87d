import { appendMutants } from './appends.ts'
import { commitMutants } from './commits.ts'
import { type Mutant } from './mutant.ts'
import { handleMutants } from './handles.ts'
import { nameMutants } from './names.ts'
import { payloadMutants } from './payloads.ts'
import { readMutants } from './reads.ts'

/** Every mistake that the rules are known to find. */
export const mutants: readonly Mutant[] = [
  ...appendMutants,
  ...commitMutants,
  ...readMutants,
  ...payloadMutants,
  ...nameMutants,
  ...handleMutants,
]

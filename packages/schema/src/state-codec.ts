import { type StateCodec } from '@eventmill/core'
import type * as z from 'zod/v4/core'
import { assertSame, decoded, encoded } from './coding.ts'
import { assertStorable } from './storable.ts'

/**
 * A schema as the codec of an aggregate's snapshots: `snapshots: { every: 100, codec: stateCodec(schema) }`. A state that
 * would come back as another one, such as with a property that the schema leaves out, is refused with its path.
 *
 * Throws `DEFINITION_INVALID` for a schema that cannot be encoded or whose encoding is not JSON, with the path of the
 * offending part.
 */
export function stateCodec<Schema extends z.$ZodType>(schema: Schema): StateCodec<z.output<Schema>> {
  assertStorable(schema, 'the schema of a state', 'state')
  return {
    encode: (state) => {
      const json = encoded(schema, state)
      assertSame(state, decoded(schema, json), 'state')
      return json
    },
    decode: (json) => decoded(schema, json) as z.output<Schema>,
  }
}

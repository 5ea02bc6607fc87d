import { $ZodAsyncError, safeDecode, safeEncode, toDotPath } from 'zod/v4/core'
import type * as z from 'zod/v4/core'
import { differencePath } from './difference-path.ts'

/** Throws where what was encoded is read back as something else, as a union may take one option for another. */
export function assertSame(data: unknown, again: unknown, name: string): void {
  const path = differencePath(data, again, name)
  if (path === undefined) return
  throw new TypeError(
    `${path} would be read back as something else: pass what its schema neither changes nor leaves out, and where options of a union are stored alike, use z.discriminatedUnion()`,
  )
}

/** Data as JSON. Throws what the schema objects to. */
export function encoded(schema: z.$ZodType, data: unknown): unknown {
  return parsed(() => safeEncode(schema, data))
}

/** JSON as data. Throws what the schema objects to. */
export function decoded(schema: z.$ZodType, json: unknown): unknown {
  return parsed(() => safeDecode(schema, json))
}

function parsed<Output>(parse: () => z.util.SafeParseResult<Output>): Output {
  const result = synchronous(parse)
  if (result.success) return result.data
  throw new SchemaMismatch(result.error.issues)
}

function synchronous<Result>(parse: () => Result): Result {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof $ZodAsyncError)) throw error
    const message =
      'its schema is asynchronous: check in the handler, before the event is made, what takes time'
    throw new TypeError(message, { cause: error })
  }
}

/** What a schema objects to, in one line. Core passes `issues` on, and nothing else. */
class SchemaMismatch extends Error {
  readonly issues: readonly z.$ZodIssue[]

  constructor(issues: readonly z.$ZodIssue[]) {
    const lines = issues.map(({ path, message }) =>
      path.length === 0 ? message : `${toDotPath(path)}: ${message}`,
    )
    super(lines.join('; '))
    this.issues = issues
  }
}

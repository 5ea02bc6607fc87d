import { readFileSync } from 'node:fs'
import pg from 'pg'

/** How many each library has, where it lets one say. */
export const CONNECTIONS = 16

/** Of a package that is installed beside the adapters. */
export function versionOf(packageName: string): string {
  const manifest = new URL(`node_modules/${packageName}/package.json`, import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }
  return version
}

/** A pool as every library gets it that takes one. */
export function poolOf(url: string, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, types: typesWith({}), ...options })
  // An idle connection that the server ends as it stops is nobody's error.
  pool.on('error', () => undefined)
  return pool
}

/** By the type's number, what makes a value of its text. */
export interface Parsers {
  readonly [type: number]: (text: string) => unknown
}

/**
 * How `pg` parses, but for some types. Without it, a library that changes this for the whole process would change it for
 * its peers as well.
 */
export function typesWith(parsers: Parsers): pg.CustomTypesConfig {
  const all: Parsers = { ...UNCHANGED, ...parsers }
  const getTypeParser = (type: number, format?: 'text' | 'binary'): unknown =>
    (format === 'binary' ? undefined : all[type]) ?? pg.types.getTypeParser(type, format)
  return { getTypeParser: getTypeParser as typeof pg.types.getTypeParser }
}

/** As they are before any library is loaded. */
const UNCHANGED: Parsers = Object.fromEntries(
  [pg.types.builtins.INT8, pg.types.builtins.JSON, pg.types.builtins.JSONB].map((type) => [
    type,
    pg.types.getTypeParser(type) as (text: string) => unknown,
  ]),
)

/** Does some work again for as long as it fails by a conflict, for libraries that leave this to their users. */
export async function retried<Result>(
  isConflict: (error: unknown) => boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === TRIES || !isConflict(error)) throw error
    }
  }
}

/** More than commands to the same aggregate ever need, and an end for what is no conflict after all. */
export const TRIES = 20

/** Parts of a count, for libraries that store all events of a call in one statement. */
export function* parts(count: number): Generator<{ readonly first: number; readonly size: number }> {
  for (let first = 0; first < count; first += PART) yield { first, size: Math.min(PART, count - first) }
}

const PART = 1_000

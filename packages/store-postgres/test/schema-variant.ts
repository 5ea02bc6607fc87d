import type pg from 'pg'
import { migrationSql } from '../src/schema/migrate.ts'

/** A text of the schema's SQL, and what stands there instead. `$schema` is its name. */
export type Change = readonly [text: string, instead: string]

/** Creates a schema of this name, as it is shipped but for some changes. Each text has to be there exactly once. */
export async function createVariant(
  pool: pg.Pool,
  schema: string,
  changes: readonly Change[],
): Promise<void> {
  let sql = migrationSql(schema, 0)
  for (const change of changes) {
    const [text, instead] = change.map((part) => part.replaceAll('$schema', () => `"${schema}"`))
    const parts = sql.split(String(text))
    if (parts.length !== 2) throw new Error(`the SQL has ${parts.length - 1} times: ${change[0]}`)
    sql = parts.join(instead)
  }
  await pool.query(sql)
}

import { migrationSql, REQUIRED_VERSION } from '../schema/migrate.ts'

/** What brings a schema from a version to that of this release, for whoever runs it by hand. */
export function printableSql(schema: string, from: number): string {
  if (from >= REQUIRED_VERSION) {
    return `-- Nothing is missing: the schema is at version ${from}, and this release needs ${REQUIRED_VERSION}.\n`
  }
  // The name of the schema may hold a line break, which would end a comment.
  return `-- From version ${from} to version ${REQUIRED_VERSION}, wholly or not at all.
begin;

${migrationSql(schema, from)}
commit;
`
}

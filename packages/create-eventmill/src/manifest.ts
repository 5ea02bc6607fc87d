import { type Alternative, isChosen } from './alternatives.ts'

/** What matters here of a package.json. */
interface Manifest {
  readonly name: string
  readonly dependencies: Dependencies
  readonly devDependencies: Dependencies
}

interface Dependencies {
  readonly [name: string]: string
}

/** What only one alternative needs; everything else of the template, every project needs. */
const NEEDED_BY: {
  readonly [kind in 'dependencies' | 'devDependencies']: ReadonlyMap<string, Alternative>
} = {
  dependencies: new Map([
    ['@eventmill/store-memory', 'memory'],
    ['@eventmill/store-postgres', 'tables'],
    ['@eventmill/projections-postgres', 'tables'],
    ['pg', 'postgres'],
    ['@electric-sql/pglite', 'pglite'],
    ['@eventmill/schema', 'zod'],
    ['zod', 'zod'],
  ]),
  devDependencies: new Map([
    ['@types/pg', 'postgres'],
    // Its tests need no server.
    ['@electric-sql/pglite', 'postgres'],
    ['@eventmill/store-memory', 'tables'],
  ]),
}

/** Makes the package.json of the template that of a project, which works with eventmill of this version. */
export function manifestOf(
  template: string,
  name: string,
  chosen: ReadonlySet<Alternative>,
  version: string,
): string {
  const manifest = JSON.parse(template) as Manifest
  const needed = (kind: keyof typeof NEEDED_BY): Dependencies =>
    Object.fromEntries(
      Object.entries(manifest[kind])
        .filter(([dependency]) => isChosen(NEEDED_BY[kind].get(dependency), chosen))
        .map(([dependency, range]) => [dependency, range.replace('workspace:^', `^${version}`)]),
    )
  return `${JSON.stringify(
    {
      ...manifest,
      name,
      dependencies: needed('dependencies'),
      devDependencies: needed('devDependencies'),
    },
    undefined,
    2,
  )}\n`
}

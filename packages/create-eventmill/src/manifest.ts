import { type Choices } from './choices.ts'

/** What matters here of a package.json. */
interface Manifest {
  readonly name: string
  readonly dependencies: Dependencies
  readonly devDependencies: Dependencies
}

interface Dependencies {
  readonly [name: string]: string
}

/** What only one choice needs; everything else of the template, every project needs. */
const NEEDED_BY: { readonly [choice in Choices['store' | 'schema']]: readonly string[] } = {
  memory: ['@eventmill/store-memory'],
  postgres: ['@eventmill/store-postgres', 'pg', '@types/pg'],
  pglite: ['@eventmill/store-postgres', '@electric-sql/pglite'],
  zod: ['@eventmill/schema', 'zod'],
  plain: [],
}

/** Makes the package.json of the template that of a project, which works with eventmill of this version. */
export function manifestOf(
  template: string,
  name: string,
  { store, schema }: Choices,
  version: string,
): string {
  const choices = Object.values(NEEDED_BY)
  const needed = (dependency: string) =>
    [NEEDED_BY[store], NEEDED_BY[schema]].some((names) => names.includes(dependency)) ||
    !choices.some((names) => names.includes(dependency))
  const dependenciesOf = (all: Dependencies): Dependencies =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([dependency]) => needed(dependency))
        .map(([dependency, range]) => [dependency, range.replace('workspace:^', `^${version}`)]),
    )
  const manifest = JSON.parse(template) as Manifest
  return `${JSON.stringify(
    {
      ...manifest,
      name,
      dependencies: dependenciesOf(manifest.dependencies),
      devDependencies: dependenciesOf(manifest.devDependencies),
    },
    undefined,
    2,
  )}\n`
}

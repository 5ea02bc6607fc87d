import { join } from 'node:path'
import { publicPackages } from '@eventmill/package-checks/public-packages'

/** An entry point of a package, as one imports it, with its source. */
export interface EntryPoint {
  readonly name: string
  readonly source: string
}

/** Every entry point that has types to tell of. */
export function entryPoints(): readonly EntryPoint[] {
  return publicPackages().flatMap(({ name, folder, imports }) =>
    imports.map((one) => ({
      name: one,
      source: join(folder, 'src', `${one.slice(name.length + 1) || 'index'}.ts`),
    })),
  )
}

/** The page of an entry point in the reference: `core/adapter` for `@eventmill/core/adapter`. */
export function referencePage({ name }: EntryPoint): string {
  return name.replace('@eventmill/', '')
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspace } from './workspace.ts'

/** A package that npm gets. */
export interface PublicPackage {
  readonly name: string
  readonly folder: string
  /** What may be imported of it, as one writes it. */
  readonly imports: readonly string[]
}

/** Every package of the workspace that is not private. */
export function publicPackages(): readonly PublicPackage[] {
  const packages = join(workspace, 'packages')
  return readdirSync(packages)
    .map((name) => join(packages, name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest: { name, exports } }) => {
      const entries = Object.keys(exports).filter((entry) => entry !== './package.json')
      return { name, folder, imports: entries.map((entry) => name + entry.slice(1)) }
    })
}

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports: { readonly [entry: string]: string }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
}

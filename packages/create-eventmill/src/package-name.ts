import { basename, resolve } from 'node:path'
import { DEFAULTS } from './choices.ts'

/** The name of the package in a folder: the folder's own, as far as npm takes it. `My Café` becomes `my-cafe`. */
export function packageName(folder: string): string {
  const name = basename(resolve(folder))
    // Letters come apart from their accents, which go.
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .slice(0, LONGEST)
    .replaceAll(/^[._-]+|-+$/g, '')
  return name === '' ? DEFAULTS.folder : name
}

/** npm's limit. */
const LONGEST = 214

import { basename, resolve } from 'node:path'
import { BadInput } from './bad-input.ts'

/** The name of the package in a folder: the folder's own. Throws `BadInput` where npm would refuse it. */
export function packageName(folder: string): string {
  const name = basename(resolve(folder))
  if (/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name) && name !== 'node_modules') return name
  throw new BadInput(
    `${JSON.stringify(name)} cannot be the name of a package: take small letters, digits, -, . and _, as in my-app`,
  )
}

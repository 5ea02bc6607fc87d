import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspace } from '@eventmill/package-checks/workspace'

/** Where the site is published: the `homepage` of the repository. */
export const homepage: URL = new URL(homepageOf(join(workspace, 'package.json')))

function homepageOf(manifest: string): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { homepage: string }).homepage
}

import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { workspace } from '@eventmill/package-checks/workspace'
import { navigation } from './navigation.ts'

/** A Markdown file of the repository as a page of the site. */
export interface Page {
  /** Its path in the repository. */
  readonly source: string
  /** Its path on the site, still as Markdown. */
  readonly path: string
  readonly title: string
}

/** The pages of the navigation, in its order. */
export const pages: readonly Page[] = navigation.flatMap((section) =>
  section.pages.map((source) => ({ source, path: pagePath(source), title: titleOf(source) })),
)

/** A README is the index of its folder. */
function pagePath(source: string): string {
  return basename(source) === 'README.md' ? join(dirname(source), 'index.md') : source.toLowerCase()
}

function titleOf(source: string): string {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(workspace, source), 'utf8')) ?? []
  if (title === undefined) throw new Error(`${source} has no heading of the first level: begin with "# …"`)
  return title.replaceAll('`', '')
}

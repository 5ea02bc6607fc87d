import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { workspace } from '@eventmill/package-checks/workspace'
import { type Page, pages } from './pages.ts'

const folder = join(workspace, 'packages/site/dist/pages')

/** Lays out the pages of the site for VitePress, and returns the folder: copies of the repository's Markdown, with its pictures. */
export function writePages(): string {
  rmSync(folder, { recursive: true, force: true })
  pages.forEach(copyPage)
  cpSync(join(workspace, 'docs'), join(folder, 'docs'), {
    recursive: true,
    filter: (path) => !path.endsWith('.md'),
  })
  return folder
}

/** Copies the text of one page. */
export function copyPage({ source, path }: Page): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  cpSync(join(workspace, source), join(folder, path))
}

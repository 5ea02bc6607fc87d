import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { workspace } from '@eventmill/package-checks/workspace'
import { type Page, pages } from './pages.ts'

/**
 * Where a link of a page leads on the site: to another page of it or, for any other file, to the repository. Links within a page, and to elsewhere, stay
 * as they are.
 */
export function siteLink(from: Page, href: string): string {
  if (/^(?:[a-z][a-z\d+.-]*:|#|\/)/i.test(href)) return href
  const [target = '', anchor] = href.split('#')
  const source = join(dirname(from.source), decodeURI(target)).replace(/\/$/, '')
  const page = pages.find((one) => one.source === source || one.source === join(source, 'README.md'))
  const suffix = anchor === undefined ? '' : `#${anchor}`
  if (page === undefined) return `${repositoryUrl(source)}${suffix}`
  const path = relative(dirname(from.path), page.path)
  return `${path.startsWith('.') ? path : `./${path}`}${suffix}`
}

/** The page of the repository about a file or folder of it. */
function repositoryUrl(source: string): string {
  const path = join(workspace, source)
  const kind = existsSync(path) && statSync(path).isDirectory() ? 'tree' : 'blob'
  return `${repository}/${kind}/main/${source}`
}

/** The repository, as the manifests name it. */
export const repository: string = repositoryOf(join(workspace, 'packages/core/package.json'))

function repositoryOf(manifest: string): string {
  const { repository } = JSON.parse(readFileSync(manifest, 'utf8')) as { repository: { url: string } }
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '')
}

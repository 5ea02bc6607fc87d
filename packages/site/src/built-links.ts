import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/**
 * The links of a site, built for the path `base`, that lead to a page, or to a part of a page, that is not there:
 * `from → href`, each once.
 */
export function brokenLinks(folder: string, base: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.html'),
  )
  const pages = new Map(files.map((file) => [file, parsed(readFileSync(join(folder, file), 'utf8'))]))
  const isBroken = (from: string, href: string) => {
    if (/^[a-z][a-z\d+.-]*:/i.test(href)) return false
    const { pathname, hash } = new URL(href, `https://site${base}${from}`)
    if (!pathname.startsWith(base)) return true
    const path = decodeURIComponent(pathname.slice(base.length))
    const target = [path, `${path}.html`, posix.join(path, 'index.html')].find((file) => pages.has(file))
    if (target === undefined) return path === '' || path.endsWith('/') || !existsSync(join(folder, path))
    return hash !== '' && pages.get(target)?.ids.has(decodeURIComponent(hash.slice(1))) !== true
  }
  return [...pages].flatMap(([from, { hrefs }]) =>
    [...hrefs].filter((href) => isBroken(from, href)).map((href) => `${from} → ${href}`),
  )
}

interface BuiltPage {
  readonly ids: ReadonlySet<string>
  readonly hrefs: ReadonlySet<string>
}

/** What VitePress builds quotes every attribute. */
function parsed(html: string): BuiltPage {
  const values = (attribute: RegExp) =>
    new Set([...html.matchAll(attribute)].map(([, value = '']) => value.replaceAll('&amp;', '&')))
  return { ids: values(/\sid="([^"]*)"/g), hrefs: values(/\s(?:href|src)="([^"]*)"/g) }
}

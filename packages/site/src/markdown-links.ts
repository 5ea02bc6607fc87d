import GithubSlugger from 'github-slugger'
import MarkdownIt from 'markdown-it'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * The links between files as GitHub shows them, in `root`, that lead to a file, or to a section of one, that is not there:
 * `from → href`. Links to elsewhere are taken as they are.
 */
export function brokenMarkdownLinks(root: string, files: readonly string[]): readonly string[] {
  const isBroken = (from: string, href: string) => {
    if (/^[a-z][a-z\d+.-]*:/i.test(href)) return false
    const [path = '', anchor] = decodeURI(href).split('#')
    const target = path === '' ? join(root, from) : join(root, dirname(from), path)
    if (!existsSync(target)) return true
    return anchor !== undefined && target.endsWith('.md') && !parsed(target).anchors.has(anchor)
  }
  return files.flatMap((from) =>
    parsed(join(root, from))
      .hrefs.filter((href) => isBroken(from, href))
      .map((href) => `${from} → ${href}`),
  )
}

/** The Markdown files to which a file of `root` links, by their paths in it. */
export function linkedPages(root: string, from: string): readonly string[] {
  return parsed(join(root, from))
    .hrefs.map((href) => join(dirname(from), href.replace(/#.*/, '')))
    .filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
}

interface ParsedMarkdown {
  readonly hrefs: readonly string[]
  readonly anchors: ReadonlySet<string>
}

function parsed(path: string): ParsedMarkdown {
  const hrefs: string[] = []
  const anchors = new Set<string>()
  const slugger = new GithubSlugger()
  const tokens = new MarkdownIt({ html: true }).parse(readFileSync(path, 'utf8'), {})
  for (const [index, { children }] of tokens.entries()) {
    const inline = children ?? []
    hrefs.push(
      ...inline.flatMap((token) => String(token.attrGet('href') ?? token.attrGet('src') ?? '') || []),
    )
    if (tokens[index - 1]?.type === 'heading_open') {
      anchors.add(slugger.slug(inline.map(({ content }) => content).join('')))
    }
  }
  return { hrefs, anchors }
}

import { slug } from 'github-slugger'
import { type MarkdownOptions } from 'vitepress'
import { pages } from './pages.ts'
import { siteLink } from './site-link.ts'

/** How the site reads Markdown: as GitHub does. Links lead to its own pages, and a block of code shows the file that it names. */
export const markdown: MarkdownOptions = {
  anchor: { slugify: slug },
  config: (md) => {
    md.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
      const page = pages.find(({ path }) => path === (env as { relativePath?: string }).relativePath)
      if (page === undefined) return
      for (const token of tokens.flatMap(({ children }) => children ?? [])) {
        const href = token.type === 'link_open' ? token.attrGet('href') : null
        if (href !== null) token.attrSet('href', siteLink(page, href))
      }
    })

    const { fence } = md.renderer.rules
    md.renderer.rules.fence = (tokens, index, ...rest) => {
      const block = fence?.(tokens, index, ...rest) ?? ''
      const [, language, file] = /^(\w+) +(\S+\.\w+)/.exec(tokens[index]?.info ?? '') ?? []
      if (file === undefined) return block
      // A text under the name of a program is what that prints.
      const caption = md.utils.escapeHtml(language === 'text' ? `${file} prints` : file)
      return `<figure class="file"><figcaption>${caption}</figcaption>${block}</figure>`
    }
  },
}

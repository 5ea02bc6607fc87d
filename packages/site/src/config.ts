import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspace } from '@eventmill/package-checks/workspace'
import { type DefaultTheme, defineConfig, type UserConfig } from 'vitepress'
import { entryPoints, referencePage } from './entry-points.ts'
import { homepage } from './homepage.ts'
import { markdown } from './markdown.ts'
import { navigation } from './navigation.ts'
import { pages } from './pages.ts'
import { search } from './search.ts'
import { repository } from './site-link.ts'
import { copyPage } from './write-pages.ts'

const sidebar: DefaultTheme.SidebarItem[] = [
  ...navigation.map((section) => ({
    text: section.title,
    items: pages
      .filter(({ source }) => section.pages.includes(source))
      .map(({ title, path }) => ({ text: title, link: `/${path.replace(/(?:index)?\.md$/, '')}` })),
  })),
  {
    text: 'API reference',
    items: entryPoints().map((point) => ({ text: point.name, link: `/api/${referencePage(point)}` })),
  },
]

const logo = `data:image/svg+xml,${encodeURIComponent(readFileSync(join(import.meta.dirname, 'logo.svg'), 'utf8'))}`

/** The site, for the path under which it is published. */
export const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: 'eventmill',
  description: 'Event sourcing and CQRS for TypeScript, as small npm packages',
  lang: 'en',
  base: homepage.pathname,
  srcDir: 'dist/pages',
  outDir: 'dist/site',
  cacheDir: 'dist/cache',
  markdown,
  head: [['link', { rel: 'icon', href: logo }]],
  // The first page looks like one.
  transformPageData: ({ relativePath, frontmatter }) =>
    relativePath === 'index.md' ? { frontmatter: { ...frontmatter, pageClass: 'home' } } : undefined,
  themeConfig: {
    logo,
    sidebar,
    nav: [
      { text: 'Guides', link: sidebar.find(({ text }) => text === 'Guides')?.items?.[0]?.link ?? '/' },
      { text: 'API', link: '/api/' },
      { text: 'Benchmarks', link: '/docs/benchmarks' },
    ],
    outline: [2, 3],
    search,
    socialLinks: [{ icon: 'github', link: repository }],
  },
  vite: {
    // Pictures stay files.
    build: { assetsInlineLimit: 0 },
    plugins: [
      {
        name: 'pages-of-the-repository',
        // A page is shown anew whenever its file in the repository changes.
        configureServer({ watcher }) {
          watcher.add(pages.map(({ source }) => join(workspace, source)))
          watcher.on('change', (file) => {
            const page = pages.find(({ source }) => join(workspace, source) === file)
            if (page !== undefined && existsSync(file)) copyPage(page)
          })
        },
      },
    ],
  },
})

import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSite } from '../src/build-site.ts'
import { brokenLinks } from '../src/built-links.ts'
import { entryPoints, referencePage } from '../src/entry-points.ts'
import { homepage } from '../src/homepage.ts'
import { pages } from '../src/pages.ts'

// Longer than the build may take, so that its output tells why it failed.
jest.setTimeout(150_000)

let site = ''
beforeAll(async () => {
  site = await buildSite()
})

const folder = mkdtempSync(join(tmpdir(), 'eventmill-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('every link of the built site leads to a page, and to a section of it', () => {
  expect(brokenLinks(site, homepage.pathname)).toEqual([])
})

test('every page is one click from the home page', () => {
  const home = readFileSync(join(site, 'index.html'), 'utf8')
  const guides = pages.map(({ path }) => path.replace(/\.md$/, '.html').replace(/index\.html$/, ''))
  const reference = entryPoints().map((point) => `api/${referencePage(point)}.html`)
  const isLinked = (path: string) => home.includes(`href="${homepage.pathname}${path}"`)
  expect([...guides, ...reference].filter((path) => !isLinked(path))).toEqual([])
})

test('a block shows the file that it is of, or the program that prints it', () => {
  const guide = readFileSync(join(site, 'docs/first-aggregate.html'), 'utf8')
  expect(guide).toContain('<figcaption>book.ts</figcaption>')
  expect(guide).toContain('<figcaption>book.ts prints</figcaption>')
})

test('a link to a page, a file or a section that is not there is found', () => {
  mkdirSync(join(folder, 'b'))
  writeFileSync(join(folder, 'a.css'), '')
  const links = ['/x/b/', 'b/#one', 'b/#two', '/x/c', '/b/', 'a.css', 'c.css', '#a', 'https://x.org']
  writeFileSync(join(folder, 'a.html'), `<p id="a">${links.map((href) => `<a href="${href}">`).join('')}`)
  writeFileSync(join(folder, 'b/index.html'), '<p id="one">')
  expect(brokenLinks(folder, '/x/')).toEqual(
    ['b/#two', '/x/c', '/b/', 'c.css'].map((href) => `a.html → ${href}`),
  )
})

import { publicPackages } from '@eventmill/package-checks/public-packages'
import { workspace } from '@eventmill/package-checks/workspace'
import { expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { homepage } from '../src/homepage.ts'
import { linkedPages } from '../src/markdown-links.ts'
import { pages } from '../src/pages.ts'

const sources = pages.map(({ source }) => source)

test('every guide in docs, and the README of every public package, is in the navigation', () => {
  const guides = readdirSync(join(workspace, 'docs')).filter((file) => file.endsWith('.md'))
  const packages = publicPackages().map(({ folder }) => relative(workspace, folder))
  expect(sources).toEqual(
    expect.arrayContaining([
      ...guides.map((file) => `docs/${file}`),
      ...packages.map((folder) => `${folder}/README.md`),
    ]),
  )
})

test('npm leads from every public package to its page on the site', () => {
  for (const { folder } of publicPackages()) {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { homepage?: string }
    expect(manifest.homepage).toBe(`${homepage.href}${relative(workspace, folder)}/`)
  }
})

test('every page of the navigation is there, once', () => {
  expect(sources.filter((source) => !existsSync(join(workspace, source)))).toEqual([])
  expect(sources.length).toBe(new Set(sources).size)
})

test('every page is two clicks at most from the README', () => {
  const first = linkedPages(workspace, 'README.md')
  const reached = [...first, ...first.flatMap((page) => linkedPages(workspace, page))]
  expect(sources.filter((source) => !reached.includes(source))).toEqual([])
})

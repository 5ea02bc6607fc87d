import { expect, test } from '@jest/globals'
import { type Page, pages } from '../src/pages.ts'
import { repository, siteLink } from '../src/site-link.ts'

const core = page('packages/core/README.md')

test('a link to a page leads there on the site, to the same section', () => {
  expect(siteLink(core, '../../README.md')).toBe('../../index.md')
  expect(siteLink(core, '../schema/README.md#errors')).toBe('../schema/index.md#errors')
  expect(siteLink(page('README.md'), 'CONTRIBUTING.md')).toBe('./contributing.md')
})

test('a link to a folder with a README leads to that', () => {
  expect(siteLink(page('README.md'), 'packages/core/')).toBe('./packages/core/index.md')
})

test('a link to any other file, or folder, leads to the repository', () => {
  expect(siteLink(core, 'src/index.ts#L1')).toBe(`${repository}/blob/main/packages/core/src/index.ts#L1`)
  expect(siteLink(core, 'src')).toBe(`${repository}/tree/main/packages/core/src`)
})

test('a link within the page, or to elsewhere, stays as it is', () => {
  expect(siteLink(core, '#errors')).toBe('#errors')
  expect(siteLink(core, 'https://example.com/a.md')).toBe('https://example.com/a.md')
})

function page(source: string): Page {
  const found = pages.find((one) => one.source === source)
  if (found === undefined) throw new Error(`${source} is no page`)
  return found
}

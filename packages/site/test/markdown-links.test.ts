import { workspace } from '@eventmill/package-checks/workspace'
import { afterAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brokenMarkdownLinks } from '../src/markdown-links.ts'
import { pages } from '../src/pages.ts'

const folder = mkdtempSync(join(tmpdir(), 'eventmill-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('every link between the Markdown files of the repository leads to a file, and to a section of it', () => {
  const sources = pages.map(({ source }) => source)
  expect(brokenMarkdownLinks(workspace, sources)).toEqual([])
})

test('a link to a file, a picture or a section that is not there is found', () => {
  const links = [
    '[a](b.md#the-end-1)',
    '[b](b.md#no-end)',
    '[c](c.md)',
    '![d](d.svg)',
    '[e](#a)',
    '[f](https://x.org)',
  ]
  writeFileSync(join(folder, 'a.md'), `# A\n\n${links.join('\n')}\n`)
  writeFileSync(join(folder, 'b.md'), '# The `end`\n\n## The end\n')
  expect(brokenMarkdownLinks(folder, ['a.md', 'b.md'])).toEqual([
    'a.md → b.md#no-end',
    'a.md → c.md',
    'a.md → d.svg',
  ])
})

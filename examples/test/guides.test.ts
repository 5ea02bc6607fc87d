import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type PostgresServer, startPostgres } from '../../packages/store-postgres/test/postgres-server.ts'
import { blocksOf, root, shownOf } from './page-code.ts'

const guides = join(root, 'examples/src/guides')
const pages = globSync('docs/*.md', { cwd: root }).sort()
const shown = pages.flatMap((page) => {
  const files = new Set(
    blocksOf(page).flatMap(({ language, file }) => (language === 'ts' ? (file ?? []) : [])),
  )
  return [...files].map((file) => ({ page, file }))
})

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server.stop())

test.each(shown)('$page shows $file to the letter, from its first line to its last', ({ page, file }) => {
  const folder = page === 'docs/write-a-store.md' ? 'sqlite-store' : 'guides'
  expect(shownOf(page, 'ts', file)).toBe(readFileSync(join(root, 'examples/src', folder, file), 'utf8'))
})

test('each file of the guides is shown, and all code that they show is in a file', () => {
  expect(shown.map(({ file }) => file)).toEqual(expect.arrayContaining(readdirSync(guides)))
  const elsewhere = pages
    .flatMap(blocksOf)
    .filter(({ language, file }) => language === 'ts' && file === undefined)
  expect(elsewhere).toEqual([])
})

test.each(readdirSync(guides))(
  '%s runs, and prints what is shown',
  async (file) => {
    const page = shown.find((one) => one.file === file)?.page ?? ''
    const { stdout } = await promisify(execFile)(process.execPath, [join(guides, file)], {
      env: { ...process.env, NODE_OPTIONS: '', DATABASE_URL: server.url },
      timeout: 60_000,
    })
    const output = shownOf(page, 'text', file)
    if (output !== '') expect(stdout).toBe(output)
  },
  70_000,
)

test('every error has a heading of its own, in the order in which core lists them', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const [, fields = ''] = /interface ErrorFields \{(.*?)^\}/ms.exec(read('packages/core/src/errors.ts')) ?? []
  const codes = [...fields.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, code]) => code)
  const headings = [...read('docs/errors.md').matchAll(/^## ([A-Z_]+)$/gm)].map(([, heading]) => heading)
  expect(codes.length).toBeGreaterThan(20)
  expect(headings).toEqual(codes)
})

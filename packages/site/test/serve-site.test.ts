import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServedSite, serveSite } from '../src/serve-site.ts'

const folder = mkdtempSync(join(tmpdir(), 'eventmill-'))
let site: ServedSite

beforeAll(async () => {
  mkdirSync(join(folder, 'site/guides'), { recursive: true })
  writeFileSync(join(folder, 'site/index.html'), 'home')
  writeFileSync(join(folder, 'site/guides/index.html'), 'guides')
  writeFileSync(join(folder, 'secret.html'), 'secret')
  site = await serveSite(join(folder, 'site'), '/base/')
})

afterAll(() => {
  site.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a page is served by its path, a folder by its index', async () => {
  expect(await answer('/base/')).toBe('home')
  expect(await answer('/base/index.html')).toBe('home')
  expect(await answer('/base/guides/')).toBe('guides')
})

test.each([
  ...['/base/..%2fsecret.html', '/base/guides/..%2f..%2fsecret.html', '/base/%2e%2e%2fsecret.html'],
  ...['/secret.html', '/', '/base/%', '/base/%00', '/base/none.html'],
])('%s leads to no page', async (path) => {
  expect(await answer(path)).toBe(404)
})

/** The text of a page, or the status that it is refused with. */
async function answer(path: string): Promise<string | number> {
  const response = await fetch(new URL(path, site.url))
  const text = await response.text()
  return response.ok ? text : response.status
}

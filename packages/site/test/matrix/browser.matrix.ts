import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { chromiumPath, launchBrowser } from '../../src/browser.ts'
import { buildSite } from '../../src/build-site.ts'
import { entryPoints, referencePage } from '../../src/entry-points.ts'
import { faintTexts } from '../../src/faint-texts.ts'
import { homepage } from '../../src/homepage.ts'
import { pages } from '../../src/pages.ts'
import { type ServedSite, serveSite } from '../../src/serve-site.ts'

// Longer than the build may take, so that its output tells why it failed.
jest.setTimeout(150_000)

const PHONE = { width: 390, height: 844 }
const DESK = { width: 1280, height: 900 }
const SCHEMES = ['light', 'dark'] as const

const executable = chromiumPath()
const paths = [
  ...pages.map(({ path }) => path.replace(/\.md$/, '.html')),
  ...entryPoints().map((point) => `api/${referencePage(point)}.html`),
]

/** One page of each kind. */
const TELLING = [
  ...['index.html', 'docs/first-aggregate.html', 'docs/postgres.html', 'docs/errors.html'],
  ...['docs/benchmarks.html', 'api/store-postgres.html'],
]

if (executable === undefined) {
  test.skip('the site in a browser (no Chromium is installed: name one by CHROMIUM_PATH)', () => undefined)
} else {
  describe('the site in a browser', () => {
    let site: ServedSite
    let browser: Browser

    beforeAll(async () => {
      site = await serveSite(await buildSite(), homepage.pathname)
      browser = await launchBrowser(executable)
    })

    afterAll(async () => {
      await browser.close()
      site.close()
    })

    /** What is wrong with a page as it is shown; what `look` finds as well. */
    async function complaints(
      path: string,
      options: BrowserContextOptions,
      look: (page: Page) => Promise<readonly string[]> = () => Promise.resolve([]),
    ): Promise<readonly string[]> {
      const page = await browser.newPage(options)
      const failures: string[] = []
      page.on('console', (message) => failures.push(message.text()))
      page.on('pageerror', ({ message }) => failures.push(message))
      await page.goto(`${site.url}${path}`, { waitUntil: 'networkidle' })
      const { width, scrollWidth } = await page.evaluate<{ width: number; scrollWidth: number }>(
        '({ width: innerWidth, scrollWidth: document.documentElement.scrollWidth })',
      )
      if (scrollWidth > width) failures.push(`it is ${scrollWidth} pixels wide, the screen ${width}`)
      failures.push(...(await look(page)))
      await page.close()
      return failures
    }

    test.each(paths)('%s fits a phone, and nothing on it fails', async (path) => {
      expect(await complaints(path, { viewport: PHONE })).toEqual([])
    })

    describe.each(SCHEMES)('in %s colours', (colorScheme) => {
      describe.each([PHONE, DESK])('on $width pixels', (viewport) => {
        test.each(TELLING)('%s fits, and all of it can be read', async (path) => {
          expect(await complaints(path, { viewport, colorScheme }, faintTexts)).toEqual([])
        })
      })
    })

    test.each(['GENERATION_CONFLICT', 'STORE_BUSY'])('the search leads to the error %s', async (code) => {
      const page = await browser.newPage()
      await page.goto(site.url, { waitUntil: 'networkidle' })
      await search(page, code)
      await page.waitForURL(`${site.url}docs/errors.html#${code.toLowerCase()}`)
      // It scrolls there, below the bar at the top.
      await page.waitForFunction(
        '((top) => top > 0 && top < innerHeight / 2)(document.querySelector(location.hash)?.getBoundingClientRect().top)',
      )
      await page.close()
    })

    test.each(['checkpoint', 'waitForAppend'])('the search finds a page that says %s', async (word) => {
      const page = await browser.newPage()
      await page.goto(site.url, { waitUntil: 'networkidle' })
      await search(page, word)
      // The home page says nothing of these words.
      await page.locator('main').filter({ hasText: word }).waitFor()
      await page.close()
    })

    test.each(SCHEMES)(
      'charts go with the switch of the site where the system is %s',
      async (colorScheme) => {
        const page = await browser.newPage({ colorScheme })
        await page.goto(`${site.url}docs/benchmarks.html`, { waitUntil: 'networkidle' })
        const scheme = () => page.evaluate(`getComputedStyle(document.querySelector('main img')).colorScheme`)
        const before = await scheme()
        await page.locator('.VPSwitchAppearance').first().click()
        const after = await scheme()
        await page.close()
        expect([before, after]).toEqual(colorScheme === 'light' ? ['light', 'dark'] : ['dark', 'light'])
      },
    )
  })
}

/** Goes to the first result. */
async function search(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k')
  await page.locator('.search-input').fill(words)
  await page.locator('.result').first().click()
}

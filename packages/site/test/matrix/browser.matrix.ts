import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type Browser } from 'playwright-core'
import { chromiumPath, launchBrowser } from '../../src/browser.ts'
import { buildSite } from '../../src/build-site.ts'
import { entryPoints, referencePage } from '../../src/entry-points.ts'
import { homepage } from '../../src/homepage.ts'
import { pages } from '../../src/pages.ts'
import { type ServedSite, serveSite } from '../../src/serve-site.ts'

// Longer than the build may take, so that its output tells why it failed.
jest.setTimeout(150_000)

const PHONE = { width: 390, height: 844 }

const executable = chromiumPath()
const paths = [
  ...pages.map(({ path }) => path.replace(/\.md$/, '.html')),
  ...entryPoints().map((point) => `api/${referencePage(point)}.html`),
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

    test.each(paths)('%s fits a phone, and nothing on it fails', async (path) => {
      const page = await browser.newPage({ viewport: PHONE })
      const failures: string[] = []
      page.on('console', (message) => failures.push(message.text()))
      page.on('pageerror', ({ message }) => failures.push(message))
      await page.goto(`${site.url}${path}`, { waitUntil: 'networkidle' })
      const width = await page.evaluate('document.documentElement.scrollWidth')
      await page.close()
      expect(failures).toEqual([])
      expect(width).toBe(PHONE.width)
    })

    test.each(['GENERATION_CONFLICT', 'checkpoint', 'waitForAppend'])(
      'the search finds a page that says %s',
      async (words) => {
        const page = await browser.newPage()
        await page.goto(site.url, { waitUntil: 'networkidle' })
        await page.keyboard.press('Control+k')
        await page.locator('.search-input').fill(words)
        await page.locator('.result').first().click()
        // The home page says nothing of these words.
        await page.locator('main').filter({ hasText: words }).waitFor()
        await page.close()
      },
    )

    test.each(['light', 'dark'] as const)(
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

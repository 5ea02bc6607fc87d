import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where a Chromium is: `CHROMIUM_PATH`, or one of the usual places; `undefined` where there is none. */
export function chromiumPath(): string | undefined {
  const given = process.env.CHROMIUM_PATH
  return given ?? USUAL_PLACES.find((path) => existsSync(path))
}

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** A headless browser that asks nobody for anything but the pages that it is sent to. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ]
  return chromium.launch({
    executablePath,
    args: [...quiet, '--disable-gpu', '--disable-quic', '--no-sandbox'],
  })
}

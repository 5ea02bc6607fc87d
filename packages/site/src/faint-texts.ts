import { type Page } from 'playwright-core'

/** The texts of a page that stand out less from what is behind them than WCAG 2.2 asks for (1.4.3), each with its ratio. */
export async function faintTexts(page: Page): Promise<readonly string[]> {
  const texts: readonly VisibleText[] = await page.evaluate(VISIBLE_TEXTS)
  return texts
    .map(({ text, color, behind }) => ({ text, ratio: contrast(color, behind) }))
    .filter(({ ratio }) => ratio < 4.5)
    .map(({ text, ratio }) => `${text}: ${ratio.toFixed(2)}`)
}

interface VisibleText {
  readonly text: string
  readonly color: string
  /** The colours behind it, the nearest first. */
  readonly behind: readonly string[]
}

/** For the browser. One text stands for all that have its colours. */
const VISIBLE_TEXTS = `(() => {
  const found = new Map()
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data).join('').trim()
    if (text === '' || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
    const { color } = getComputedStyle(element)
    const behind = []
    for (let one = element; one !== null; one = one.parentElement) behind.push(getComputedStyle(one).backgroundColor)
    found.set(JSON.stringify([color, behind]), { text, color, behind })
  }
  return [...found.values()]
})()`

/** The ratio of contrast, 1 to 21, of a colour to those behind it, the nearest first. Behind all is white. */
export function contrast(color: string, behind: readonly string[]): number {
  const background = [...behind, 'rgb(255, 255, 255)']
    .map(parsed)
    .reduceRight((below, one) => over(one, below))
  const [light = 0, dark = 0] = [over(parsed(color), background), background]
    .map(luminance)
    .sort((one, other) => other - one)
  return (light + 0.05) / (dark + 0.05)
}

interface Colour {
  /** Red, green and blue, 0 to 255. */
  readonly channels: readonly number[]
  readonly alpha: number
}

/** Of a colour as browsers compute it: `rgb(27, 27, 31)`, `rgba(0, 0, 0, 0.1)`. */
function parsed(color: string): Colour {
  const [red, green, blue, alpha = 1] = (/^rgba?\((.+)\)$/.exec(color)?.[1] ?? '').split(', ').map(Number)
  if (red === undefined || green === undefined || blue === undefined) {
    throw new Error(`${color} is a colour that is not understood here: teach it`)
  }
  return { channels: [red, green, blue], alpha }
}

function over({ channels, alpha }: Colour, below: Colour): Colour {
  const mixed = channels.map((channel, index) => channel * alpha + (below.channels[index] ?? 0) * (1 - alpha))
  return { channels: mixed, alpha: 1 }
}

/** Of sRGB, as WCAG defines it. */
function luminance({ channels }: Colour): number {
  const [red = 0, green = 0, blue = 0] = channels
    .map((channel) => channel / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

import { inspect } from 'node:util'

/** A path or a name as it can be shown: it may hold what a terminal obeys or what turns a line around, or be empty. */
export function visible(text: string): string {
  if (text !== '' && text.search(HARMFUL) === -1) return text
  return inspect(text).replaceAll(HARMFUL, escaped)
}

/** Cut, or padded with spaces, to so many columns of a terminal. */
export function fitted(text: string, columns: number): string {
  const width = columnsOf(text)
  if (width <= columns) return text + ' '.repeat(columns - width)
  let [start, left] = ['', columns - 1]
  for (const { segment } of CHARACTERS.segment(text)) {
    left -= columnsOf(segment)
    if (left < 0) break
    start += segment
  }
  return fitted(`${start}…`, columns)
}

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const { segment } of CHARACTERS.segment(text)) columns += WIDE.test(segment) ? 2 : 1
  return columns
}

/** Controls, of lines and of the direction of writing. */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** `inspect` itself escapes the others. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** As a reader counts them: with their accents. */
const CHARACTERS = new Intl.Segmenter()

/** Chinese, Japanese and Korean (Unicode's East Asian Width, in its blocks), and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}\ufe0f]/u

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The root of this repository. */
export const root = join(import.meta.dirname, '../..')

/** A block of code in a page: ```ts main.ts is written in TypeScript, and is a part of main.ts. */
export interface Block {
  readonly language: string
  readonly file: string | undefined
  readonly code: string
}

/** The blocks of code of a page, by its path from the root. */
export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(
    ([, language = '', file, code = '']) => ({ language, file, code }),
  )
}

/** All that a page shows of a file, from top to bottom. */
export function shownOf(page: string, language: string, file: string): string {
  return blocksOf(page)
    .filter((block) => block.language === language && block.file === file)
    .map(({ code }) => code)
    .join('\n')
}

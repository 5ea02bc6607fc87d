import { type TypeVersion } from '../on-file/compare-schemas.ts'

/** Such as `1,204 events`. */
export function counted(count: number, thing: string): string {
  return `${thousands(count)} ${thing}${count === 1 ? '' : 's'}`
}

export function thousands(count: number): string {
  return count.toLocaleString('en')
}

export function typeVersion({ source, type, version }: TypeVersion): string {
  return oneLine(`${type}, version ${version}, of ${source}`)
}

/** What is stored may hold line breaks, and characters that a terminal obeys. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}

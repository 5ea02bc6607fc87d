import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/write-a-store.md'), 'utf8')

test.each(['statements.ts', 'sqlite-store.ts', 'sqlite-store.fixture.ts', 'sqlite-store.worker.ts'])(
  'the page on writing a store shows %s to the letter, from its first line to its last',
  (file) => {
    const source = readFileSync(join(root, 'examples/src/sqlite-store', file), 'utf8')
    expect(partsOf(file).join('\n')).toBe(source)
  },
)

/** The blocks of code in the page that bear the name of a file, as in ```ts sqlite-store.ts. */
function partsOf(file: string): string[] {
  return [...page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === file)
    .map((match) => match[2] ?? '')
}

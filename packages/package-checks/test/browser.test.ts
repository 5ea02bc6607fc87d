import { beforeAll, expect, jest, test } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { bundle } from '../src/bundle.ts'
import { installPackages } from '../src/install-packages.ts'
import { packPackages } from '../src/pack-packages.ts'
import { copyProgram, counter } from './programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()
let source = ''

beforeAll(async () => {
  await installPackages(folder, await packPackages(folder))
  source = await copyProgram(counter, folder)
})

test.each(['esm', 'iife'] as const)(
  'bundled for a browser as %s, a program asks for no Node',
  async (format) => {
    const text = await bundle(source, { format, platform: 'browser' })
    expect(text).toContain('https://example.com/counter')
    expect(text.match(/node:|\brequire\b|^import\b.*/gm)).toBeNull()
  },
)

test('what has a command beside it asks for no Node all the same, whatever is imported of it', async () => {
  const everything = join(folder, 'everything.ts')
  await writeFile(everything, `export * from '@eventmill/schema'\n`)
  const text = await bundle(everything, { format: 'esm', platform: 'browser' })
  expect(text).toContain('the audit would begin at position')
  expect(text.match(/['"]node:|^import\b.*/gm)).toBeNull()
})

test('a bundled program runs where there are only the globals of the web', async () => {
  const text = await bundle(source, {
    format: 'iife',
    globalName: 'program',
    platform: 'browser',
  })
  const context = createContext({
    AbortController,
    AbortSignal,
    TextEncoder,
    clearTimeout,
    console,
    crypto,
    queueMicrotask,
    setTimeout,
  })
  const result: unknown = await runInContext(`${text}\nprogram.run().then(JSON.stringify)`, context)
  expect(JSON.parse(String(result))).toEqual(counter.result)
})

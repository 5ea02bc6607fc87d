import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksOf, root } from './page-code.ts'

// Inside this package, so that its dependencies are found.
const folder = join(import.meta.dirname, `../.extracted-${process.pid}`)
const extracted = join(folder, 'program.ts')
const pages = ['README.md', ...globSync('packages/*/README.md', { cwd: root })]

beforeEach(() => {
  mkdirSync(folder)
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** The blocks of code in a page that are written in a language. */
function blocks(page: string, language: string): readonly string[] {
  return blocksOf(page)
    .filter((block) => block.language === language)
    .map(({ code }) => code)
}

/** What a program prints. Fails where it fails. */
function run(program: string): string {
  writeFileSync(extracted, program)
  const { status, stdout, stderr } = spawnSync(process.execPath, [extracted], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 60_000,
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

test('the counter of the README is the counter of the examples, and prints what the README shows', () => {
  const [counter = ''] = blocks('README.md', 'ts')
  expect(counter).toBe(readFileSync(join(root, 'examples/src/counter.ts'), 'utf8'))
  const printed = run(counter).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-31T12:00:00.000Z')
  expect(printed).toBe(blocks('README.md', 'text')[0])
})

test.each(pages)('the code that %s shows runs', (page) => {
  for (const program of blocks(page, 'ts')) run(program)
})

test.each(pages)('%s says to install what its first code imports', (page) => {
  const installed = blocks(page, 'sh').flatMap((commands) =>
    [...commands.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, words = '']) => words.split(' ')),
  )
  const [first = ''] = blocks(page, 'ts')
  const imported = [...first.matchAll(/ from '(?!node:)((?:@[^/']+\/)?[^/']+)/g)].map(([, name]) => name)
  expect(installed).toEqual(expect.arrayContaining(imported))
})

test('the code that the readmes show compiles', () => {
  const programs = pages.flatMap((page) => blocks(page, 'ts'))
  for (const [index, program] of programs.entries()) {
    writeFileSync(join(folder, `program-${index}.ts`), `${program}\nexport {}\n`)
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    '{ "extends": "../../tsconfig.check.json", "include": ["*.ts"] }',
  )
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', timeout: 60_000 })
  expect(stdout).toBe('')
}, 60_000)

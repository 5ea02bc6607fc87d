import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// Whoever begins step by step, and whoever begins with a project, meet the same compiler.

const template = join(import.meta.dirname, '../template')
const tutorial = readFileSync(join(import.meta.dirname, '../../../docs/first-aggregate.md'), 'utf8')

test('the tutorial shows the tsconfig.json of every project, to the letter', () => {
  const [, shown] = /^```json\n(.*?)^```$/ms.exec(tutorial) ?? []
  expect(shown).toBe(readFileSync(join(template, 'tsconfig.json'), 'utf8'))
})

test('the tutorial installs what every project has, in the same major versions', () => {
  const manifest = JSON.parse(readFileSync(join(template, 'package.json'), 'utf8')) as Manifest
  for (const kind of ['dependencies', 'devDependencies'] as const) {
    const installed = installedAs(kind).filter((name) => !name.startsWith('@eventmill/'))
    expect(installed.length).toBeGreaterThan(1)
    const ofProjects = Object.entries(manifest[kind]).map(
      ([name, range]) => `${name}@${/^\^(\d+)\./.exec(range)?.[1]}`,
    )
    expect(ofProjects).toEqual(expect.arrayContaining(installed))
  }
})

interface Manifest {
  readonly dependencies: { readonly [name: string]: string }
  readonly devDependencies: { readonly [name: string]: string }
}

/** The words of the tutorial's `npm install`, with or without `--save-dev`. */
function installedAs(kind: keyof Manifest): readonly string[] {
  return [...tutorial.matchAll(/npm install (--save-dev )?([^-\n&][^\n&]*)/g)]
    .filter(([, dev]) => (dev === undefined) === (kind === 'dependencies'))
    .flatMap(([, , words = '']) => words.trim().split(' '))
}

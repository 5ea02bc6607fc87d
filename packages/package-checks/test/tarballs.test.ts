import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import { join, relative } from 'node:path'
import { packPackages, type Tarball } from '../src/pack-packages.ts'
import { publicPackages } from '../src/public-packages.ts'
import { run } from '../src/run.ts'
import { tarballFiles } from '../src/tarball-files.ts'
import { workspace } from '../src/workspace.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()
const packages = publicPackages()
let tarballs: readonly Tarball[] = []

beforeAll(async () => {
  tarballs = await packPackages(folder)
})

describe.each(packages)('the tarball of $name', ({ name, folder: source, imports }) => {
  test('is one that publint finds nothing wrong with', async () => {
    await run(tool('publint'), ['run', '--strict', tarball(name).path], { folder })
  })

  test('resolves to the right types for every importer of ES modules', async () => {
    await run(tool('attw'), ['--profile', 'esm-only', '--no-color', tarball(name).path], { folder })
  })

  test('holds what its package.json lists, a README and a licence, and nothing else', async () => {
    const paths = [...(await tarballFiles(tarball(name))).keys()]
    // What nobody imports is a command.
    const entries = imports.length > 0 ? ['dist/index.d.ts', 'dist/index.js'] : ['dist/command.js']
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', ...entries]))
    const expected = /^(LICENSE|README\.md|package\.json|schema\.sql|dist\/.+\.js|dist\/.+\.d\.ts)$/
    const template = name === 'create-eventmill' ? await templateFiles() : []
    expect(paths.filter((path) => !expected.test(path)).sort()).toEqual(template)
  })

  test('holds what its README links to in it, and npm finds the rest in the repository', async () => {
    const files = await tarballFiles(tarball(name))
    const links = files.get('README.md')?.matchAll(/\]\((?![a-z]+:|#|\.\.\/)([^)#]+)/g) ?? []
    expect([...files.keys()]).toEqual(expect.arrayContaining([...links].map(([, path]) => path)))
    const { repository } = JSON.parse(files.get('package.json') ?? '{}') as { repository?: object }
    const directory = relative(workspace, source)
    expect(repository).toEqual({ type: 'git', url: expect.stringContaining('//github.com/'), directory })
  })

  test('names no dependency that only this workspace knows', async () => {
    const manifest = (await tarballFiles(tarball(name))).get('package.json')
    expect(manifest).toContain(name)
    expect(manifest).not.toContain('workspace:')
  })
})

function tarball(name: string): Tarball {
  const found = tarballs.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`${name} was not packed`)
  return found
}

/** What git has of the template of new projects, all of which is published. */
async function templateFiles(): Promise<readonly string[]> {
  const folder = join(workspace, 'packages/create-eventmill')
  const files = await run('git', ['ls-files', 'template'], { folder })
  return files.trim().split('\n').sort()
}

function tool(name: string): string {
  return join(import.meta.dirname, '../node_modules/.bin', name)
}

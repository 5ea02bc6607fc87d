import { expect, jest, test } from '@jest/globals'
import { mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { installPackages } from '../src/install-packages.ts'
import { packPackages } from '../src/pack-packages.ts'
import { run } from '../src/run.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()

test('core and the memory store bring nothing but themselves', async () => {
  const wanted = ['@eventmill/core', '@eventmill/store-memory']
  const tarballs = await packPackages(folder)
  await installPackages(
    folder,
    tarballs.filter(({ name }) => wanted.includes(name)),
  )
  const [root, ...installed] = (await run('npm', ['ls', '--all', '--parseable'], { folder }))
    .trim()
    .split('\n')
  expect(root).toBe(folder)
  expect(installed.map((path) => relative(folder, path)).sort()).toEqual(
    wanted.map((name) => `node_modules/${name}`),
  )
})

test('the command that judges stores runs from its package', async () => {
  const wanted = ['@eventmill/core', '@eventmill/store-conformance']
  const project = join(folder, 'conformance')
  await mkdir(project)
  const tarballs = await packPackages(folder)
  await installPackages(
    project,
    tarballs.filter(({ name }) => wanted.includes(name)),
  )
  const command = join(project, 'node_modules/.bin/eventmill-conformance')
  expect(await run(command, ['--list'], { folder: project })).toContain('expected/zero (must)')
})

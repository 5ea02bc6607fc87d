import { describe, expect, jest, test } from '@jest/globals'
import { mkdir, writeFile } from 'node:fs/promises'
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

describe('the PostgreSQL store', () => {
  const project = join(folder, 'postgres')

  test('brings no driver', async () => {
    const wanted = ['@eventmill/core', '@eventmill/store-postgres']
    await mkdir(project)
    const tarballs = await packPackages(folder)
    await installPackages(
      project,
      tarballs.filter(({ name }) => wanted.includes(name)),
    )
    const [, ...installed] = (await run('npm', ['ls', '--all', '--parseable'], { folder: project }))
      .trim()
      .split('\n')
    expect(installed.map((path) => relative(project, path)).sort()).toEqual(
      wanted.map((name) => `node_modules/${name}`),
    )
  })

  test('has a command that asks for the driver of the project only where it needs it', async () => {
    const command = join(project, 'node_modules/.bin/eventmill-postgres')
    expect(await run(command, ['sql', '--from', '0'], { folder: project })).toContain(
      'create table "eventmill"',
    )
    const status = () => run(command, ['status', '--url', 'postgres://localhost:1/none'], { folder: project })
    await expect(status()).rejects.toThrow(
      /ended with 2 .*\n\nthe driver pg is not installed here: npm install pg\n$/,
    )
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', 'pg@8'], { folder: project })
    await expect(status()).rejects.toThrow(
      /ended with 1 .*\n\nthe database cannot be reached: connect ECONNREFUSED/,
    )
  })
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

test('the command that checks schemas runs from its package, and audits a store', async () => {
  const wanted = ['@eventmill/core', '@eventmill/schema', '@eventmill/store-memory']
  const project = join(folder, 'schema')
  await mkdir(project)
  const tarballs = await packPackages(folder)
  await installPackages(
    project,
    tarballs.filter(({ name }) => wanted.includes(name)),
  )
  await writeFile(
    join(project, 'events.js'),
    `import { defineEvents } from '@eventmill/schema'
     import { InMemoryStore } from '@eventmill/store-memory'
     import * as z from 'zod'
     export const doorEvents = defineEvents('https://example.com/door', { Opened: z.object({ by: z.string() }) })
     export const store = () => new InMemoryStore()`,
  )
  const command = join(project, 'node_modules/.bin/eventmill-schema')
  const check = (...options: string[]) =>
    run(command, ['check', ...options, 'events.js'], { folder: project })
  await expect(check()).rejects.toThrow(/ended with 2 .*there is no file event-schemas\.json yet/s)
  expect(await check('--update')).toContain('is written: 1 version of 1 type in 1 namespace')
  expect(await check()).toContain('is up to date')
  expect(await run(command, ['audit', 'events.js'], { folder: project })).toContain('0 events read')
})

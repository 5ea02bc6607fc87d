import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { blocksOf } from '../../../examples/test/page-code.ts'
import { startProgram } from '../../create-eventmill/test/running-program.ts'
import { type PostgresServer, startPostgres } from '../../store-postgres/test/postgres-server.ts'
import { type LocalRegistry, publish, startLocalRegistry } from '../src/local-registry.ts'
import { packPackages } from '../src/pack-packages.ts'
import { run } from '../src/run.ts'
import { temporaryFolder } from './temporary-folder.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(300_000)

const folder = temporaryFolder()
let registry: LocalRegistry
let server: PostgresServer

beforeAll(async () => {
  registry = await startLocalRegistry(join(folder, 'registry'))
  await publish(await packPackages(folder), registry, folder)
  server = await startPostgres()
})

afterAll(async () => {
  await server.stop()
  await registry.stop()
})

const variables = () => ({ ...registry.variables, DATABASE_URL: server.url })

function npm(where: string, ...args: readonly string[]): Promise<string> {
  return run('npm', args, { folder: where, variables: variables() })
}

/** What `npm start` prints, of a program that ends by itself or else goes on until Ctrl-C. */
async function npmStart(app: string, store: string): Promise<string> {
  if (store === 'memory') return npm(app, 'start')
  const env = { ...process.env, NODE_OPTIONS: '', NODE_PATH: '', ...variables() }
  const program = startProgram('npm', ['start'], { folder: app, env })
  const printed = await program.until('until Ctrl-C')
  await program.end('SIGINT')
  return printed
}

describe.each(['memory', 'postgres', 'pglite'])('on the store %s', (store) => {
  test.each(['--zod', '--no-zod'])('a project that was created with %s works at once', async (zod) => {
    const name = `${store}${zod}`
    const app = join(folder, name)
    await npm(folder, 'create', 'eventmill@latest', name, '--', '--store', store, zod)
    await npm(app, 'install')
    const printed = await npmStart(app, store)
    expect(printed).toMatch(
      /packets of tea are left\.\nGrace gets none: .*Ada was sent \d+ packets so far\.\n/s,
    )
    expect(await npm(app, 'test')).toContain('pass 4\n')
    await npm(app, 'run', 'typecheck')
  })
})

test('a project runs on the oldest Node that its package.json names', async () => {
  await npm(folder, 'create', 'eventmill', 'old', 'postgres')
  const app = join(folder, 'old')
  await npm(app, 'install', '--save-dev', 'node@22.18')
  expect(await npm(app, 'exec', '--', 'node', '--version')).toContain('v22.18.')
  expect(await npmStart(app, 'postgres')).toContain('packets of tea are left.')
  expect(await npm(app, 'test')).toContain('pass 4\n')
})

test('why nothing was created is set off from the lines of npm', async () => {
  await expect(npm(folder, 'create', 'eventmill', 'refused', '--', '--foo')).rejects.toThrow(
    /\n {2}Unknown option '--foo': see --help\n\n {2}What npm tells below is .*\n\nnpm error code 2\n/,
  )
})

test('whoever follows the tutorial gets what it shows, and code that compiles', async () => {
  const app = join(folder, 'concerts')
  const shell = (script: string, where = app) =>
    run('sh', ['-ec', script], { folder: where, variables: variables() })
  const [begin, ...others] = blocksOf('docs/first-aggregate.md')
  await shell(begin?.code ?? '', folder)
  for (const { language, file, code } of others) {
    if (language === 'json') writeFileSync(join(app, 'tsconfig.json'), code)
    if (language === 'ts') writeFileSync(join(app, file ?? ''), code)
    if (language === 'sh') await shell(code.replace(/^export DATABASE_URL=.*/m, ''))
    if (language === 'text') expect(await shell(`node ${file}`)).toBe(code)
  }
  expect(await shell('npx tsc')).toBe('')
})

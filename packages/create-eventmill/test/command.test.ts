import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Longer than the commands that a test runs.
jest.setTimeout(120_000)

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'create-eventmill-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** Runs the command, without a terminal. */
function create(...args: readonly string[]) {
  return createWith({}, ...args)
}

function createWith(
  { cwd = folder, env = {} }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
  ...args: readonly string[]
) {
  const command = join(import.meta.dirname, '../src/command.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', npm_command: undefined, ...env },
    timeout: 60_000,
  })
  return { status, stdout, stderr }
}

/** The name of the package that was created in a folder. */
function nameIn(path: string): string {
  const manifest = readFileSync(join(folder, path, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly name: string }).name
}

test('where nobody can be asked, what was not said is taken by default', () => {
  const { status, stdout, stderr } = create()
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toBe(
    `
The project is there. Its events are kept in memory, validated by zod. Now:

  cd eventmill-app
  npm install
  npm start
  npm test
`,
  )
  expect(readdirSync(join(folder, 'eventmill-app')).sort()).toEqual([
    '.gitignore',
    'README.md',
    'package.json',
    'src',
    'test',
    'tsconfig.json',
  ])
})

test('a folder that is empty, or a new repository, is as good as none', () => {
  mkdirSync(join(folder, 'app/.git'), { recursive: true })
  expect(create('app', '--store', 'postgres').stdout).toContain('docker compose up')
  expect(existsSync(join(folder, 'app/compose.yaml'))).toBe(true)
})

test('nothing is written over', () => {
  const mine = join(folder, 'app/README.md')
  mkdirSync(join(folder, 'app'))
  writeFileSync(mine, 'mine')
  expect(create('app')).toEqual({
    status: 2,
    stdout: '',
    stderr: '\n  app is not empty: choose another name, or move away what is in it\n\n',
  })
  expect(readdirSync(join(folder, 'app'))).toEqual(['README.md'])
  writeFileSync(join(folder, 'file'), 'mine')
  expect(create('file').stderr).toBe('\n  file cannot be used (ENOTDIR): choose another name\n\n')
  expect(readFileSync(mine, 'utf8')).toBe('mine')
})

test('what it does not understand it tells in one line, set off from others, and creates nothing', () => {
  const refused = { status: 2, stdout: '', stderr: "\n  Unknown option '--foo': see --help\n\n" }
  expect(create('app', '--foo')).toEqual(refused)
  expect(readdirSync(folder)).toEqual([])
})

test('where npm adds lines of its own, it is told that they are no news', () => {
  expect(createWith({ env: { npm_command: 'init' } }, 'app', '--foo').stderr).toBe(
    "\n  Unknown option '--foo': see --help\n\n  What npm tells below is only that nothing was created.\n\n",
  )
})

test('a folder keeps its name, whatever that of its package becomes', () => {
  const { stdout } = create('My App')
  expect(stdout).toContain('  cd "My App"\n')
  expect(nameIn('My App')).toBe('my-app')
})

test('the folder in which one is may be called as it likes', () => {
  const here = join(folder, 'Mine & Yours')
  mkdirSync(here)
  expect(createWith({ cwd: here }, '.').status).toBe(0)
  expect(nameIn('Mine & Yours')).toBe('mine-yours')
})

test('beneath node_modules, where Node runs no TypeScript, nothing is created', () => {
  expect(create('node_modules/app').stderr).toContain('is beneath node_modules')
  expect(readdirSync(folder)).toEqual([])
})

test('it tells how it is used', () => {
  const { status, stdout } = create('--help')
  expect(status).toBe(0)
  expect(stdout).toContain('Usage: npm create eventmill [folder] -- [options]')
  for (const option of ['--store', '--zod', '--no-zod', '--help']) expect(stdout).toContain(option)
})

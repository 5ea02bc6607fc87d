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
  const command = join(import.meta.dirname, '../src/command.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: 60_000,
  })
  return { status, stdout, stderr }
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
    stderr: 'app is not empty: choose another name, or move away what is in it\n',
  })
  expect(readdirSync(join(folder, 'app'))).toEqual(['README.md'])
  expect(create('app/README.md').stderr).toContain('"README.md" cannot be the name of a package')
  writeFileSync(join(folder, 'file'), 'mine')
  expect(create('file').stderr).toBe('file cannot be used (ENOTDIR): choose another name\n')
  expect(readFileSync(mine, 'utf8')).toBe('mine')
})

test('what it does not understand it tells in one line, and creates nothing', () => {
  expect(create('app', '--foo')).toEqual({
    status: 2,
    stdout: '',
    stderr: "Unknown option '--foo': see --help\n",
  })
  expect(create('My App').stderr).toMatch(/^"My App" cannot be the name of a package: .*as in my-app\n$/)
  expect(readdirSync(folder)).toEqual([])
})

test('it tells how it is used', () => {
  const { status, stdout } = create('--help')
  expect(status).toBe(0)
  expect(stdout).toContain('Usage: npm create eventmill [folder] -- [options]')
})

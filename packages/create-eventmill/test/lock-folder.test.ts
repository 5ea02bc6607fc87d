import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

// Longer than the processes that a test runs.
jest.setTimeout(120_000)

const source = join(import.meta.dirname, '../template/src/lock-folder.pglite.ts')

/** Does what each line says, and answers with a line. */
const PROGRAM = `
  import { createInterface } from 'node:readline'
  import { lockFolder } from ${JSON.stringify(source)}
  let free
  const tasks = {
    lock: ({ folder, time }) => {
      while (Date.now() < time);
      try {
        free = lockFolder(folder)
        return 'in'
      } catch (error) {
        return error.message
      }
    },
    free: () => {
      free?.()
      free = undefined
      return 'free'
    },
    forget: () => {
      free = undefined
      for (let round = 0; round < 10; round += 1) gc()
      return 'forgotten'
    },
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const [task, how] = JSON.parse(line)
    console.log(tasks[task](how))
  }
`

interface Process {
  readonly child: ChildProcessWithoutNullStreams
  readonly answers: AsyncIterator<string, undefined>
  readonly closed: Promise<unknown>
}

function startProcess(): Process {
  const args = ['--no-warnings', '--expose-gc', '--input-type=module', '--eval', PROGRAM]
  const child = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' } })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, answers, closed: once(child, 'close') }
}

async function tell({ child, answers }: Process, task: 'lock' | 'free' | 'forget', how: object = {}) {
  child.stdin.write(`${JSON.stringify([task, how])}\n`)
  const { value } = await answers.next()
  return value
}

async function kill({ child, closed }: Process): Promise<void> {
  child.kill('SIGKILL')
  await closed
}

let path = ''
let one: Process
let other: Process
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'lock-folder-'))
  one = startProcess()
  other = startProcess()
})
afterEach(async () => {
  await Promise.all([kill(one), kill(other)])
  rmSync(path, { recursive: true })
})

const refused = (folder: string) => `the folder ${folder} is in use: one process at a time may open it`

test.each([
  { found: 'the lock of earlier ones', folderOf: () => 'data' },
  { found: 'no lock yet', folderOf: (round: number) => `data-${round}` },
  {
    found: 'what a killed one has left',
    folderOf: (round: number) => {
      const folder = `data-${round}`
      writeFileSync(join(path, `${folder}.lock`), '')
      copyFileSync(join(path, 'killed.lock-journal'), join(path, `${folder}.lock-journal`))
      return folder
    },
  },
])('of processes that start at once, where they find $found, exactly one gets in', async ({ folderOf }) => {
  const killed = startProcess()
  await tell(killed, 'lock', { folder: join(path, 'killed') })
  await kill(killed)
  for (let round = 1; round <= 100; round += 1) {
    const folder = join(path, folderOf(round))
    const how = { folder, time: Date.now() + 5 }
    const answers = await Promise.all([tell(one, 'lock', how), tell(other, 'lock', how)])
    expect(answers.sort()).toEqual(['in', refused(folder)])
    await Promise.all([tell(one, 'free'), tell(other, 'free')])
  }
})

test('a folder is locked until it is freed, by whatever path it is named', async () => {
  const folder = join(path, 'data')
  expect(await tell(one, 'lock', { folder })).toBe('in')
  expect(await tell(other, 'lock', { folder: `${folder}/` })).toBe(refused(`${folder}/`))
  await tell(one, 'free')
  expect(await tell(other, 'lock', { folder: `${folder}/` })).toBe('in')
})

test('a process that keeps nothing of its lock keeps the lock', async () => {
  const folder = join(path, 'data')
  await tell(one, 'lock', { folder })
  await tell(one, 'forget')
  expect(await tell(other, 'lock', { folder })).toBe(refused(folder))
})

test('what a killed process had locked is free', async () => {
  const folder = join(path, 'data')
  await tell(one, 'lock', { folder })
  await kill(one)
  expect(await tell(other, 'lock', { folder })).toBe('in')
})

test('the page on stores shows the lock of every project, to the letter', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/stores.md'), 'utf8')
  const [, shown] = /^```ts lock-folder\.ts\n(.*?)^```$/ms.exec(page) ?? []
  expect(shown).toBe(readFileSync(source, 'utf8'))
})

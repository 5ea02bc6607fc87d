import { describe, expect, jest, test } from '@jest/globals'
import { join } from 'node:path'
import { run } from '../../package-checks/src/run.ts'
import { workspace } from '../../package-checks/src/workspace.ts'

// Longer than the programs that a test runs, so that their output tells why it failed.
jest.setTimeout(150_000)

const peers = join(workspace, 'packages/benchmarks/peers')
const unreachable = await install()

if (unreachable !== undefined) {
  test.skip(`the peers of the benchmarks (the registry that has them cannot be reached: ${unreachable})`, () =>
    undefined)
} else {
  describe('the peers of the benchmarks', () => {
    test('are used as their types say', async () => {
      await run(join(workspace, 'node_modules/.bin/tsc'), ['--project', peers], { folder: workspace })
    })

    test('all take part, on PostgreSQL and in memory', async () => {
      const words = ['commands', 'dispatch-in-memory', 'peers', 'rounds=1', 'size=0.001']
      const main = join(workspace, 'packages/benchmarks/src/main.ts')
      const printed = await run(process.execPath, [main, ...words], { folder: workspace })
      const { postgresPeers, memoryPeers } = await names()
      const [onPostgres = '', inMemory = ''] = printed.split('\ndispatch-in-memory: ')
      expect(measured(onPostgres)).toEqual(expect.arrayContaining([...postgresPeers]))
      expect(measured(inMemory)).toEqual(expect.arrayContaining([...memoryPeers]))
    })
  })
}

/** Resolves to what is wrong where the registry cannot be reached. Whatever else goes wrong is an error. */
async function install(): Promise<string | undefined> {
  try {
    await run('npm', ['run', 'bench:install'], { folder: workspace })
    return undefined
  } catch (error) {
    const [code] =
      /\bE(?:NOTFOUND|AI_AGAIN|CONN\w+|TIMEDOUT)\b|\bERR_PNPM_\w*FETCH\w*/.exec(String(error)) ?? []
    if (code === undefined) throw error
    return code
  }
}

/** Who has a rate in what a run has printed. */
function measured(printed: string): readonly string[] {
  return [...printed.matchAll(/^ {2}(\S.*?) {2,}[\d,.]+\/s/gm)].map(([, name = '']) => name)
}

interface Names {
  readonly postgresPeers: readonly string[]
  readonly memoryPeers: readonly string[]
}

/** Outside of Jest, as the benchmarks load them. */
async function names(): Promise<Names> {
  const program = `
    const { postgresPeers, memoryPeers } = await import('./peers.ts')
    const names = (all) => all.map(({ name }) => name)
    console.log(JSON.stringify({ postgresPeers: names(postgresPeers), memoryPeers: names(memoryPeers) }))`
  const text = await run(process.execPath, ['--input-type=module', '--eval', program], { folder: peers })
  return JSON.parse(text) as Names
}

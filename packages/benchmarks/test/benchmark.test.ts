import { expect, jest, test } from '@jest/globals'
import { benchmark, type Outcome } from '../src/benchmark.ts'
import { bare } from '../src/contenders/bare.ts'
import { ownContenders, ownMemoryContenders, type Peers } from '../src/contenders/contenders.ts'
import { type Contender, deposit } from '../src/contenders/contender.ts'
import { parseWords, type Wish } from '../src/parse-words.ts'
import { type Workload } from '../src/workload.ts'

jest.setTimeout(120_000)

/** The contenders of the rows of each workload, wherever they differ. */
const MEASURED: { readonly [workload: string]: readonly string[] } = {
  'append-fresh': ['bare; eventmill'],
  'append-existing': ['bare; eventmill'],
  commands: ['bare; eventmill; eventmill, cached'],
  rebuild: ['bare; eventmill'],
  'snapshot-load': ['eventmill'],
  'catch-up': ['bare; eventmill'],
  latency: ['bare; eventmill'],
  projections: ['eventmill'],
  idle: ['eventmill'],
  disk: ['bare; eventmill', 'eventmill'],
  writers: ['bare; eventmill'],
  growth: ['eventmill'],
  install: ['bare; eventmill'],
  'dispatch-in-memory': ['eventmill; eventmill, cached', 'eventmill, cached'],
  'catch-up-in-memory': ['bare; eventmill; eventmill, batches'],
  'cache-memory': ['eventmill'],
}

test('every workload measures something of each of eventmill and the driver', async () => {
  const wish = parseWords(['all', 'rounds=1', 'size=0.001'])
  const { lines, measured, failures, contenders, memoryContenders } = await outcome(wish)
  expect(failures).toEqual([])
  expect(lines).toContainEqual(expect.stringMatching(/^fsync = /))
  const names = measured.map(({ name, rows }) => [
    name,
    [...new Set(rows.map(({ values }) => Object.keys(values).sort().join('; ')))],
  ])
  expect(Object.fromEntries(names)).toEqual(MEASURED)
  for (const { values } of measured.flatMap(({ rows }) => rows)) {
    const figures = Object.values(values)
    expect(figures.every((some) => some.length > 0 && some.every(Number.isFinite))).toBe(true)
  }
  expect(contenders).toHaveLength(ownContenders.length)
  expect(memoryContenders).toHaveLength(ownMemoryContenders.length)
})

test('a contender that fails is shown as such, and the others go on', async () => {
  const unable = contender('unable', async () => {
    throw new Error('no tables\nof mine')
  })
  let appends = 0
  const weary = contender('weary', async (url) => {
    const open = await bare.open(url)
    // In the last round of the first row.
    const appendFresh = async (id: string) => {
      if (++appends > 5) throw new Error('too much')
      return open.appendFresh?.(id)
    }
    return { ...open, appendFresh }
  })
  const others: Peers = { postgresPeers: [unable, weary], memoryPeers: [], peerInstallations: [] }
  const wish = parseWords(['append-fresh', 'commands', 'rounds=2', 'size=0.002'])
  const { lines, measured, failures } = await outcome(wish, others)
  expect(failures).toEqual([
    'append-fresh, unable: no tables',
    'append-fresh, weary: too much',
    'commands, unable: no tables',
  ])
  const [first, last] = measured.map(({ rows }) => rows.map(({ values }) => Object.keys(values).sort()))
  expect(first).toEqual(Array.from({ length: 3 }, () => ['bare', 'eventmill']))
  expect(last).toEqual(Array.from({ length: 3 }, () => ['bare', 'eventmill', 'eventmill, cached', 'weary']))
  const text = lines.join('\n')
  expect(text.match(/^ {2}unable +failed: no tables$/gm)).toHaveLength(6)
  expect(text.match(/^ {2}weary +failed: too much$/gm)).toHaveLength(3)
  expect(text).not.toContain('of mine')
})

test('a workload that fails is told, and the next is measured all the same', async () => {
  const run = () => {
    throw new Error('nothing to measure')
  }
  const broken: Workload = { about: 'nothing', run }
  const { chosen, ...wish } = parseWords(['commands', 'rounds=1', 'size=0.001'])
  const { measured, failures } = await outcome({ ...wish, chosen: new Map([['broken', broken], ...chosen]) })
  expect(failures).toEqual(['broken: nothing to measure'])
  expect(measured.map(({ name }) => name)).toEqual(['commands'])
})

test('the payload takes 60 bytes', () => {
  expect(Buffer.byteLength(JSON.stringify(deposit))).toBe(60)
})

async function outcome(wish: Wish, others?: Peers): Promise<Outcome & { readonly lines: readonly string[] }> {
  const lines: string[] = []
  const output = {
    print: (line: string) => lines.push(line),
    progress: () => undefined,
    keep: async () => undefined,
  }
  return { ...(await benchmark(wish, output, others)), lines }
}

function contender(name: string, open: Contender['open']): Contender {
  return { name, version: '1', notes: '', open }
}

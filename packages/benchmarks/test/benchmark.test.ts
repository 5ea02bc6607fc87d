import { expect, jest, test } from '@jest/globals'
import { benchmark } from '../src/benchmark.ts'
import { ownContenders, ownMemoryContenders } from '../src/contenders/contenders.ts'
import { deposit } from '../src/contenders/contender.ts'
import { parseWords } from '../src/parse-words.ts'

jest.setTimeout(120_000)

test('every workload measures something of each of eventmill and the driver', async () => {
  const lines: string[] = []
  const print = (line: string) => lines.push(line)
  const wish = parseWords(['all', 'rounds=1', 'size=0.001'])
  const { measured, contenders, memoryContenders } = await benchmark(wish, {
    print,
    progress: () => undefined,
    keep: async () => undefined,
  })
  expect(lines).toContainEqual(expect.stringMatching(/^fsync = /))
  expect(measured.map(({ name }) => name)).toEqual([...wish.chosen.keys()])
  for (const { rows } of measured) {
    expect(rows).not.toHaveLength(0)
    for (const { values } of rows) {
      expect(Object.keys(values)).not.toHaveLength(0)
      expect(Object.values(values).flat().every(Number.isFinite)).toBe(true)
    }
  }
  const commands = measured.find(({ name }) => name === 'commands')
  expect(commands?.rows.map(({ values }) => Object.keys(values).sort())).toEqual(
    Array.from({ length: 3 }, () => ['bare', 'eventmill', 'eventmill, cached']),
  )
  expect(contenders).toHaveLength(ownContenders.length)
  expect(memoryContenders).toHaveLength(ownMemoryContenders.length)
})

test('the payload takes 60 bytes', () => {
  expect(Buffer.byteLength(JSON.stringify(deposit))).toBe(60)
})

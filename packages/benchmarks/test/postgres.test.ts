import { expect, jest, test } from '@jest/globals'
import { deposit } from '../src/postgres/account.ts'
import { postgres } from '../src/postgres/postgres.ts'

jest.setTimeout(60_000)

test('every workload measures something', async () => {
  const lines: string[] = []
  const print = (line: string) => lines.push(line)
  const rows = await postgres(['rounds=1', 'size=0.001'], { print, progress: () => undefined })
  expect(lines).toContainEqual(expect.stringMatching(/^fsync = /))
  expect(rows).toHaveLength(29)
  for (const { name, store, bare = [1] } of rows) {
    expect([...store, ...bare]).toEqual([expect.any(Number), expect.any(Number)])
    expect([...store, ...bare].every(Number.isFinite)).toBe(true)
    expect(lines.filter((line) => line.startsWith(`${name}  `))).toHaveLength(1)
  }
})

test('the payload takes 60 bytes', () => {
  expect(Buffer.byteLength(JSON.stringify(deposit))).toBe(60)
})

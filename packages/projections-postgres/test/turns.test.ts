import { expect, test } from '@jest/globals'
import { type PgPool } from '../src/client.ts'
import { Turns, turnsOf } from '../src/turns.ts'

test('so many work at once, and the others in the order in which they came', async () => {
  const turns = new Turns(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const work = [0, 1, 2, 3].map((number) =>
    turns.take(() => {
      begun.push(number)
      return new Promise<void>((resolve) => (ends[number] = resolve))
    }),
  )
  expect(begun).toEqual([0, 1])
  ends[1]?.()
  await work[1]
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1, 2])
  ends[0]?.()
  await work[0]
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1, 2, 3])
})

test('a turn is given back by what fails as well', async () => {
  const turns = new Turns(1)
  await expect(turns.take(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await turns.take(() => Promise.resolve('next'))).toBe('next')
})

test.each([
  [10, 5],
  [3, 1],
  [1, 1],
])('of a pool of %d, %d work at once, whoever asks', async (max, most) => {
  const pool = { options: { max } } as PgPool
  let working = 0
  let peak = 0
  const work = async () => {
    peak = Math.max(peak, ++working)
    await new Promise(setImmediate)
    working -= 1
  }
  await Promise.all(Array.from({ length: 20 }, () => turnsOf(pool).take(work)))
  expect(peak).toBe(most)
})

import { expect, test } from '@jest/globals'
import { progressOn } from '../src/git-history/progress.ts'

/** What progress writes when it is told something at each of these milliseconds. */
function written(isTTY: boolean, times: readonly number[]): string[] {
  const texts: string[] = []
  let time = 0
  const stream = { isTTY, write: (text: string) => texts.push(text) }
  const progress = progressOn(stream, () => time)
  for (time of times) progress.report(`at ${time}`)
  progress.end()
  return texts
}

test('on a terminal, progress is one line that is rewritten, and erased at the end', () => {
  const erase = '\r\x1b[K'
  expect(written(true, [50, 100, 150, 250])).toEqual([`${erase}at 100`, `${erase}at 250`, erase])
})

test('elsewhere, progress is a line now and then, and none where all is done soon', () => {
  expect(written(false, [100, 1999, 2000, 3000, 4500])).toEqual(['at 2000\n', 'at 4500\n'])
  expect(written(false, [100, 200])).toEqual([])
})

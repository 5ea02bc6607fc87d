import { expect, test } from '@jest/globals'
import { parseWords } from '../src/postgres/parse-words.ts'
import { workloads } from '../src/postgres/workloads/workloads.ts'

test('no words ask for everything, five times', () => {
  expect(parseWords([])).toEqual({ chosen: workloads, rounds: 5, size: 1 })
})

test('words choose workloads, and how often and how much of them', () => {
  const { chosen, ...settings } = parseWords(['rebuild', 'size=0.5', 'commands', 'rounds=3'])
  expect([...chosen.keys()]).toEqual(['rebuild', 'commands'])
  expect(settings).toEqual({ rounds: 3, size: 0.5 })
})

test.each(['apend', 'rounds', 'rounds=', 'rounds=0', 'rounds=1.5', 'size=-1', 'size=0'])(
  'the word %s says nothing, and the answer names what does',
  (word) => {
    const refused = expect(() => parseWords([word]))
    refused.toThrow(`${JSON.stringify(word)} says nothing`)
    refused.toThrow([...workloads.keys()].join(', '))
  },
)

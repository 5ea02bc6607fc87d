import { expect, test } from '@jest/globals'
import { parseWords } from '../src/parse-words.ts'
import { workloads } from '../src/workloads/workloads.ts'

test('no words ask for nothing', () => {
  expect(parseWords([])).toEqual({ chosen: new Map(), rounds: 3, size: 1, peers: false, save: false })
})

test('words choose workloads, how often and how much of them, beside whom, and whether the results are kept', () => {
  const words = ['rebuild', 'size=0.5', 'commands', 'rounds=2', 'peers', 'save']
  const { chosen, ...settings } = parseWords(words)
  expect([...chosen.keys()]).toEqual(['rebuild', 'commands'])
  expect(settings).toEqual({ rounds: 2, size: 0.5, peers: true, save: true })
  expect([...parseWords(['all']).chosen]).toEqual([...workloads])
})

test.each(['apend', 'rounds', 'rounds=', 'rounds=0', 'rounds=1.5', 'size=-1', 'size=0'])(
  'the word %s says nothing, and the answer names what does',
  (word) => {
    const refused = expect(() => parseWords([word]))
    refused.toThrow(`${JSON.stringify(word)} says nothing`)
    refused.toThrow(/ {2}snapshot-load {2}.*\n/)
  },
)

import { expect, test } from '@jest/globals'
import { PassThrough } from 'node:stream'
import { ask } from '../src/ask.ts'
import { type Said } from '../src/arguments.ts'

/** Somebody who gives one answer to each question, and then hangs up. */
async function asked(said: Said, ...answers: readonly string[]) {
  const input = new PassThrough()
  const output = new PassThrough()
  const shown: string[] = []
  output.on('data', (chunk) => {
    shown.push(String(chunk))
    if (!String(chunk).endsWith('): ')) return
    const answer = answers[shown.filter((line) => line.endsWith('): ')).length - 1]
    if (answer === undefined) input.end()
    else input.write(`${answer}\n`)
  })
  const choices = await ask(said, input, output).finally(() => output.end())
  return { choices, shown: shown.join('') }
}

test('what was not said is asked for', async () => {
  const { choices } = await asked({}, 'my-app', 'pglite', 'no')
  expect(choices).toEqual({ folder: 'my-app', store: 'pglite', schema: 'plain' })
})

test('an empty answer takes what is shown', async () => {
  const { choices, shown } = await asked({}, '', '', '')
  expect(choices).toEqual({ folder: 'eventmill-app', store: 'memory', schema: 'zod' })
  expect(shown).toBe(
    'Folder of the project (eventmill-app): ' +
      'Store of its events, memory, postgres, pglite (memory): ' +
      'Validate events with zod, yes or no (yes): ',
  )
})

test('what was said is not asked for', async () => {
  const said = { folder: 'my-app', store: 'postgres', schema: 'zod' } as const
  expect(await asked(said)).toEqual({ choices: said, shown: '' })
})

test('an answer that cannot be taken is told why, and asked for again', async () => {
  const here = import.meta.dirname
  const { choices, shown } = await asked({ store: 'memory' }, here, 'my-app', 'maybe', 'n')
  expect(choices).toEqual({ folder: 'my-app', store: 'memory', schema: 'plain' })
  expect(shown).toContain(`${here} is not empty: choose another name`)
  expect(shown).toContain('yes or no is wanted')
})

test('a folder that was said and cannot be used is told why, and another one is asked for', async () => {
  const said = { folder: import.meta.dirname, store: 'memory', schema: 'zod' } as const
  const { choices, shown } = await asked(said, 'my-app')
  expect(choices).toEqual({ ...said, folder: 'my-app' })
  expect(shown).toBe(
    `${said.folder} is not empty: choose another name, or move away what is in it\n` +
      'Folder of the project (eventmill-app): ',
  )
})

test('whoever hangs up has chosen nothing', async () => {
  const { choices, shown } = await asked({}, 'my-app')
  expect(choices).toBeUndefined()
  expect(shown.endsWith('(memory): \n')).toBe(true)
})

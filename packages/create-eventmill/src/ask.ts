import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline/promises'
import { type Said } from './arguments.ts'
import { BadInput } from './bad-input.ts'
import { type Choices, DEFAULTS, isStore, STORES } from './choices.ts'
import { checkFolder } from './folder.ts'

/**
 * Asks for what was not said, and for another folder where that one cannot be used. Resolves to `undefined` where the
 * answer is to leave, as by Ctrl-C.
 */
export async function ask(
  said: Said,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<Choices | undefined> {
  const terminal = createInterface({ input, output })
  const left = once(terminal, 'close').then(() => undefined)
  try {
    const choices = await Promise.race([left, answers(terminal, output, said)])
    // Away from the question that has no answer.
    if (choices === undefined) output.write('\n')
    return choices
  } finally {
    terminal.close()
  }
}

async function answers(terminal: Interface, output: NodeJS.WritableStream, said: Said): Promise<Choices> {
  /** Asks again until the answer, by default an empty one, can be taken. What was said is the first answer. */
  const question = async <Answer>(
    text: string,
    byDefault: string,
    take: (answer: string) => Answer | Promise<Answer>,
    said?: string,
  ) => {
    for (let answer = said; ; answer = undefined) {
      answer ??= (await terminal.question(`${text} (${byDefault}): `)).trim()
      try {
        return await take(answer === '' ? byDefault : answer)
      } catch (error) {
        if (!(error instanceof BadInput)) throw error
        output.write(`${error.message}\n`)
      }
    }
  }

  const folder = await question('Folder of the project', DEFAULTS.folder, folderOf, said.folder)
  const store =
    said.store ?? (await question(`Store of its events, ${STORES.join(', ')}`, DEFAULTS.store, storeOf))
  const schema = said.schema ?? (await question('Validate events with zod, yes or no', 'yes', schemaOf))
  return { folder, store, schema }
}

async function folderOf(answer: string): Promise<string> {
  await checkFolder(answer)
  return answer
}

function storeOf(answer: string): Choices['store'] {
  if (!isStore(answer)) throw new BadInput(`one of ${STORES.join(', ')} is wanted`)
  return answer
}

function schemaOf(answer: string): Choices['schema'] {
  if (/^y(es)?$/i.test(answer)) return 'zod'
  if (/^no?$/i.test(answer)) return 'plain'
  throw new BadInput('yes or no is wanted')
}

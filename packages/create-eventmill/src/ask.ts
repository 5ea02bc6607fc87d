import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline/promises'
import { type Said } from './arguments.ts'
import { BadInput } from './bad-input.ts'
import { type Choices, DEFAULTS, isStore, STORES } from './choices.ts'
import { packageName } from './package-name.ts'

/** Asks for what was not said. Throws `BadInput` where the answer is to leave, as by Ctrl-C. */
export async function ask(
  said: Said,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<Choices> {
  const terminal = createInterface({ input, output })
  const left = once(terminal, 'close').then((): never => {
    throw new BadInput('nothing was created')
  })
  try {
    return await Promise.race([left, answers(terminal, output, said)])
  } catch (error) {
    // Away from the question that has no answer.
    output.write('\n')
    throw error
  } finally {
    left.catch(() => undefined)
    terminal.close()
  }
}

async function answers(terminal: Interface, output: NodeJS.WritableStream, said: Said): Promise<Choices> {
  /** Asks again until the answer, by default an empty one, can be taken. */
  const question = async <Answer>(text: string, byDefault: string, take: (answer: string) => Answer) => {
    for (;;) {
      const answer = (await terminal.question(`${text} (${byDefault}): `)).trim()
      try {
        return take(answer === '' ? byDefault : answer)
      } catch (error) {
        if (!(error instanceof BadInput)) throw error
        output.write(`${error.message}\n`)
      }
    }
  }

  const folder = said.folder ?? (await question('Folder of the project', DEFAULTS.folder, folderOf))
  const store =
    said.store ?? (await question(`Store of its events, ${STORES.join(', ')}`, DEFAULTS.store, storeOf))
  const schema = said.schema ?? (await question('Validate events with zod, yes or no', 'yes', schemaOf))
  return { folder, store, schema }
}

function folderOf(answer: string): string {
  packageName(answer)
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

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type Errand, type Errands } from './errands.ts'

/** Does an errand in a process of its own, which then ends. Rejects with what that has failed with. */
export async function inProcess<Name extends Errand>(
  name: Name,
  order: Parameters<Errands[Name]>[0],
): Promise<Awaited<ReturnType<Errands[Name]>>> {
  const child = fork(new URL('./errand.ts', import.meta.url), { execArgv: ['--expose-gc'] })
  const ended = once(child, 'exit')
  let answer: { readonly result: Awaited<ReturnType<Errands[Name]>>; readonly failure?: string } | undefined
  child.on('message', (message) => {
    answer = message as typeof answer
  })
  child.send({ name, order })
  try {
    const [code] = (await ended) as readonly unknown[]
    if (code !== 0 || answer === undefined) {
      throw new Error(`the process for ${name} ended with ${String(code)}`)
    }
    if (answer.failure !== undefined) throw new Error(answer.failure)
    return answer.result
  } finally {
    child.kill()
  }
}

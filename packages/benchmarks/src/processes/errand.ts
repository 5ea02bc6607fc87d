import { firstLine } from '../measuring/attempt.ts'
import { type Errand, errands } from './errands.ts'

process.once('message', ({ name, order }: { readonly name: Errand; readonly order: never }) => {
  const answer = (message: object) => {
    // Some clients keep a process alive whatever one does.
    process.send?.(message, () => process.exit(0))
  }
  void errands[name](order).then(
    (result: unknown) => {
      answer({ result })
    },
    (error: unknown) => {
      answer({ failure: firstLine(error) })
    },
  )
})

import { type Errand, errands } from './errands.ts'

process.once('message', ({ name, order }: { readonly name: Errand; readonly order: never }) => {
  void errands[name](order).then((result: unknown) => {
    // Some clients keep a process alive whatever one does.
    process.send?.({ result }, () => process.exit(0))
  })
})

import { InMemoryProjectionStore } from '@eventmill/projections'
import { projectionStoreRules } from './projection-store-rules.ts'

projectionStoreRules('an InMemoryProjectionStore', {
  create: async () => {
    const words: string[] = []
    return {
      store: new InMemoryProjectionStore(words),
      write: async (target, word) => {
        target.push(word)
      },
      read: async () => words,
    }
  },
  undoes: false,
  concurrent: true,
})

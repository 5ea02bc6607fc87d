import { BadInput } from '../bad-input.ts'

/** What an example can run on. To the example they are all the same. */
const STORES = ['memory', 'pglite', 'postgres'] as const

export type StoreName = (typeof STORES)[number]

/**
 * The store that one of these words names, or else `EVENTMILL_STORE`, or else memory; and the other words, which may be
 * so many. Throws `BadInput` where they are more, or where no store has that name.
 */
export function chooseStore(
  words: readonly string[],
  most: number,
  { EVENTMILL_STORE = 'memory' }: NodeJS.ProcessEnv = process.env,
): { readonly store: StoreName; readonly others: readonly string[] } {
  const named = words.findIndex(isStore)
  const others = words.filter((_, index) => index !== named)
  if (named !== -1 && others.length > most) {
    throw new BadInput(`this example takes no more arguments: leave out ${others.slice(most).join(' ')}`)
  }
  const store = words[named] ?? others[most] ?? EVENTMILL_STORE
  if (!isStore(store)) {
    throw new BadInput(`there is no store ${JSON.stringify(store)}: choose one of ${STORES.join(', ')}`)
  }
  return { store, others }
}

function isStore(word: string): word is StoreName {
  return STORES.some((store) => store === word)
}

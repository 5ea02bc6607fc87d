/** Where the events of a project are kept. */
export const STORES = ['memory', 'postgres', 'pglite'] as const

export type Store = (typeof STORES)[number]

/** What describes the payloads of its events: schemas of zod, or types alone. */
export const SCHEMAS = ['zod', 'plain'] as const

export type Schema = (typeof SCHEMAS)[number]

/** What a project is to be. */
export interface Choices {
  /** Where it is put; its last part is the name of the package. */
  readonly folder: string
  readonly store: Store
  readonly schema: Schema
}

/** What is created where nothing else is said. */
export const DEFAULTS: Choices = { folder: 'eventmill-app', store: 'memory', schema: 'zod' }

export function isStore(word: string): word is Store {
  return STORES.some((store) => store === word)
}

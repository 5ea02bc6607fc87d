import { type Choices, type Schema, SCHEMAS, type Store, STORES } from './choices.ts'

/** What a part of the template may be for: one choice, or `tables`, in which PostgreSQL keeps read models wherever it runs. */
export type Alternative = Store | Schema | 'tables'

export const ALTERNATIVES: readonly Alternative[] = [...STORES, ...SCHEMAS, 'tables']

/** Those that make up a project. */
export function chosenBy({ store, schema }: Choices): ReadonlySet<Alternative> {
  return new Set([store, schema, ...(store === 'memory' ? [] : (['tables'] as const))])
}

/** Whether a part of the template belongs to a project: one that is for nothing in particular belongs to all. */
export function isChosen(alternative: Alternative | undefined, chosen: ReadonlySet<Alternative>): boolean {
  return alternative === undefined || chosen.has(alternative)
}

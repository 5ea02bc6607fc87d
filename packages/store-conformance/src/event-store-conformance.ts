import { type StoreUnderTest } from './rule.ts'
import { rules } from './rules/rules.ts'
import { fixtureTimeoutOf, obey, reasonToSkip, timeoutOf } from './run-rule.ts'

/** What Jest, Vitest and node:test have in common. */
export interface TestRunner {
  /** Groups tests under a name. */
  readonly describe: (name: string, define: () => void) => unknown
  /** Defines a test, whose timeout is in milliseconds; `it.skip` one that is not run. */
  readonly it: ((name: string, run: () => Promise<void>, timeout?: number) => unknown) & {
    readonly skip: (name: string, run: () => Promise<void>) => unknown
  }
}

/**
 * Defines a test for each rule of the store contract. A rule that needs what the store declines is skipped, with the
 * reason in its name. Throws where something is declined without a reason.
 */
export function eventStoreConformance({ describe, it, ...store }: TestRunner & StoreUnderTest): void {
  describe(`${store.name} is an event store`, () => {
    for (const rule of rules) {
      const name = `${rule.id}: ${rule.title}`
      const reason = reasonToSkip(rule, store)
      // A little longer than the rule and its fixture may take, so that they tell themselves what took so long.
      const timeout = timeoutOf(rule, store) + 2 * fixtureTimeoutOf(store) + 5_000
      if (reason === undefined) it(name, () => obey(rule, store), timeout)
      else it.skip(`${name} (${reason})`, () => Promise.resolve())
    }
  })
}

import { checkStoreUnderTest, type Fixture, type Rule, type StoreUnderTest } from './rule.ts'

/** How a store did on a rule. */
export type Verdict =
  | {
      readonly rule: Rule
      readonly verdict: 'passed' | 'failed'
      readonly milliseconds: number
      readonly error?: unknown
    }
  | { readonly rule: Rule; readonly verdict: 'skipped'; readonly reason: string }

/** Why a rule cannot be run on a store; `undefined` where it can. Throws where it is declined without a reason. */
export function reasonToSkip(rule: Rule, store: StoreUnderTest): string | undefined {
  checkStoreUnderTest(store)
  const need = rule.needs.find((each) => store.declined?.[each] !== undefined)
  return need && `${need} is declined: ${String(store.declined?.[need])}`
}

/** Runs one rule on a fresh fixture, or skips it. Never rejects: whatever goes wrong fails the rule. */
export async function runRule(rule: Rule, store: StoreUnderTest): Promise<Verdict> {
  const start = performance.now()
  try {
    const reason = reasonToSkip(rule, store)
    if (reason !== undefined) return { rule, verdict: 'skipped', reason }
    await obey(rule, store)
    return { rule, verdict: 'passed', milliseconds: performance.now() - start }
  } catch (error) {
    return { rule, verdict: 'failed', milliseconds: performance.now() - start, error }
  }
}

/** Runs one rule on a fresh fixture. Rejects where the store breaks it, or takes longer than it may. */
export async function obey(rule: Rule, store: StoreUnderTest): Promise<void> {
  const fixture = await openFixture(store)
  try {
    await within(timeoutOf(rule, store), rule.run(fixture, store.declined), 'it')
  } catch (error) {
    // What the rule has found is worth more than that the fixture cannot be disposed of either.
    await disposeOf(fixture, store).catch(() => undefined)
    throw error
  }
  await disposeOf(fixture, store)
}

/** A fresh fixture. One that opens too late is disposed of when it does. */
export async function openFixture(store: StoreUnderTest): Promise<Fixture> {
  const opening = Promise.resolve().then(store.fixture)
  try {
    return await within(fixtureTimeoutOf(store), opening, 'the fixture')
  } catch (error) {
    opening.then((fixture) => disposeOf(fixture, store)).catch(() => undefined)
    throw error
  }
}

/** Disposes of a fixture, if it knows how to. */
export async function disposeOf(fixture: Fixture, store: StoreUnderTest): Promise<void> {
  await within(fixtureTimeoutOf(store), Promise.resolve(fixture.dispose?.()), 'the dispose of the fixture')
}

/** How long a fixture may take to open, and to be disposed of, in milliseconds. */
export function fixtureTimeoutOf({ timeoutFactor = 1 }: StoreUnderTest): number {
  return 10_000 * timeoutFactor
}

/** How long a rule may take, in milliseconds. */
export function timeoutOf({ timeout = 30_000 }: Rule, { timeoutFactor = 1 }: StoreUnderTest): number {
  return timeout * timeoutFactor
}

/** Rejects when the work, named by `what`, takes longer. */
export async function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
  what: string,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} did not end within ${milliseconds} ms`))
    }, milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

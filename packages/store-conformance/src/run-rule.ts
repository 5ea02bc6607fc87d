import { type Rule, type StoreUnderTest } from './rule.ts'

/** How a store did on a rule. */
export type Verdict =
  | {
      readonly rule: Rule
      readonly verdict: 'passed' | 'failed'
      readonly milliseconds: number
      readonly error?: unknown
    }
  | { readonly rule: Rule; readonly verdict: 'skipped'; readonly reason: string }

/** Why a rule cannot be run on a store; `undefined` where it can. */
export function reasonToSkip(rule: Rule, { declined = {} }: StoreUnderTest): string | undefined {
  const need = rule.needs.find((each) => declined[each] !== undefined)
  return need && `${need} is declined: ${String(declined[need])}`
}

/** Runs one rule on a fresh fixture, or skips it. Never rejects: whatever goes wrong fails the rule. */
export async function runRule(rule: Rule, store: StoreUnderTest): Promise<Verdict> {
  const reason = reasonToSkip(rule, store)
  if (reason !== undefined) return { rule, verdict: 'skipped', reason }
  const start = performance.now()
  try {
    await obey(rule, store)
    return { rule, verdict: 'passed', milliseconds: performance.now() - start }
  } catch (error) {
    return { rule, verdict: 'failed', milliseconds: performance.now() - start, error }
  }
}

/** Runs one rule on a fresh fixture. Rejects where the store breaks it, or takes longer than it may. */
export async function obey(rule: Rule, store: StoreUnderTest): Promise<void> {
  const fixture = await within(timeoutOf(rule), Promise.resolve(store.fixture()))
  try {
    await within(timeoutOf(rule), rule.run(fixture))
  } finally {
    await within(timeoutOf(rule), Promise.resolve(fixture.dispose?.()))
  }
}

/** In milliseconds. */
export function timeoutOf({ timeout = 30_000 }: Rule): number {
  return timeout
}

/** Rejects when the work takes longer. */
export async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it did not end within ${milliseconds} ms`))
    }, milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

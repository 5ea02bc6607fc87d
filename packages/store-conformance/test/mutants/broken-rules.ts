import { type Rule, rules, runRule, type StoreUnderTest } from '@eventmill/store-conformance'
import { type Mutant, underTest } from './mutant.ts'

/**
 * The ids of the rules that a mutant breaks, of those that are asked for. The rule about long streams takes more time than all others together,
 * and is tried on those mutants alone that are about it.
 */
export function brokenRules(
  mutant: Mutant,
  isAskedFor: (rule: Rule) => boolean = () => true,
): Promise<readonly string[]> {
  return brokenRulesOf(
    underTest(mutant),
    rules.filter((rule) => isAskedFor(rule) && (rule.id !== 'read/long' || mutant.long === true)),
  )
}

/** The ids of the rules that a store breaks. */
export async function brokenRulesOf(
  store: StoreUnderTest,
  tried: readonly Rule[] = rules,
  // A mutant that hangs is found soon enough.
  timeout = 2_000,
): Promise<readonly string[]> {
  const broken: string[] = []
  for (const rule of tried) {
    const { verdict } = await runRule({ ...rule, timeout: rule.id === 'read/long' ? 30_000 : timeout }, store)
    if (verdict === 'failed') broken.push(rule.id)
  }
  return broken
}

import { type Bench } from './workload.ts'

/** Measures once. Round 0 warms up. */
export type Measure = (round: number) => Promise<number>

/**
 * Measures the store and the baseline by turns, so that whatever else goes on meets both. Who begins changes from round
 * to round.
 */
export async function alternate(
  { rounds, progress }: Bench,
  name: string,
  sides: { readonly store: Measure; readonly bare: Measure },
): Promise<{ readonly store: readonly number[]; readonly bare: readonly number[] }> {
  const values = { store: [] as number[], bare: [] as number[] }
  for (let round = 0; round <= rounds; round++) {
    for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
      progress(`${name}: ${side}, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
      const value = await sides[side](round)
      if (round > 0) values[side].push(value)
    }
  }
  return values
}

const SIDES = ['store', 'bare'] as const

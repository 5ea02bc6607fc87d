import { type Placed } from '../contenders/databases.ts'
import { type Bench, type Row } from '../workload.ts'

/** Measures once. Round 0 warms up. */
export type Measure = (round: number) => Promise<number>

/** Measures all sides by turns, so that whatever else goes on meets each. Who begins changes from round to round. */
export async function alternate(
  { rounds, progress }: Pick<Bench, 'rounds' | 'progress'>,
  name: string,
  sides: { readonly [side: string]: Measure },
): Promise<Row['values']> {
  const values = Object.fromEntries(Object.keys(sides).map((side) => [side, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    const entries = Object.entries(sides)
    for (const [side, measure] of round % 2 === 0 ? entries : entries.reverse()) {
      progress(`${name}: ${side}, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
      const value = await measure(round)
      if (round > 0) values[side]?.push(value)
    }
  }
  return values
}

/** Measures contenders by turns. */
export function byTurns(
  bench: Pick<Bench, 'rounds' | 'progress'>,
  name: string,
  placed: readonly Placed[],
  measure: (one: Placed, round: number) => Promise<number>,
): Promise<Row['values']> {
  const sides = placed.map((one) => [one.contender.name, (round: number) => measure(one, round)] as const)
  return alternate(bench, name, Object.fromEntries(sides))
}

import { type Placed } from '../contenders/databases.ts'
import { type Bench, type Row } from '../workload.ts'
import { attempt } from './attempt.ts'

/** Measures once. Round 0 warms up. */
export type Measure = (round: number) => Promise<number>

type Turns = Pick<Bench, 'rounds' | 'progress' | 'failed'>

/** Measures all sides by turns, so that whatever else goes on meets each. Who begins changes from round to round. */
export async function alternate(
  bench: Turns,
  name: string,
  sides: { readonly [side: string]: Measure },
): Promise<Row['values']> {
  const { rounds, progress } = bench
  const values = Object.fromEntries(Object.keys(sides).map((side) => [side, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    const entries = Object.entries(sides)
    for (const [side, measure] of round % 2 === 0 ? entries : entries.reverse()) {
      progress(`${name}: ${side}, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
      const value = await attempt(bench, side, () => measure(round))
      if (round > 0 && value !== undefined) values[side]?.push(value)
    }
  }
  return values
}

/** Measures contenders by turns. */
export function byTurns(
  bench: Turns,
  name: string,
  placed: readonly Placed[],
  measure: (one: Placed, round: number) => Promise<number>,
): Promise<Row['values']> {
  const sides = placed.map((one) => [one.contender.name, (round: number) => measure(one, round)] as const)
  return alternate(bench, name, Object.fromEntries(sides))
}

/** How often per second `work` is done: the median of some rounds, after one to warm up. */
export async function rate(times: number, work: (round: number) => Promise<void>): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now()
    await work(round)
    rounds.push((times / (performance.now() - start)) * 1000)
  }
  return rounds.slice(1).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? NaN
}

const ROUNDS = 5

/**
 * How often per second some work is done, so many pieces in flight at a time. Piece n is begun when piece
 * n - inFlight is done, so that no two of the same remainder are in flight together. Where one fails, none is begun any
 * more, and it rejects when none is in flight.
 */
export async function rate(
  inFlight: number,
  times: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now()
  let failed = false
  const lanes = await Promise.allSettled(
    Array.from({ length: inFlight }, async (_, first) => {
      try {
        for (let index = first; index < times && !failed; index += inFlight) await work(index)
      } catch (error) {
        failed = true
        throw error
      }
    }),
  )
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason
  return perSecond(times, start)
}

/** How many events per second come out of a read, or of a subscription, which has to be so many. */
export async function readRate(events: AsyncIterable<unknown>, expected: number): Promise<number> {
  const start = performance.now()
  let count = 0
  for await (const _event of events) if (++count === expected) break
  if (count !== expected) throw new Error(`${expected} events were to be read, but there came ${count}`)
  return perSecond(count, start)
}

function perSecond(count: number, start: number): number {
  return (count / (performance.now() - start)) * 1000
}

import { heapUsed } from '../heap-used.ts'

/** How many MB a read holds at most, as it goes on, without what could be collected. */
export async function heapHeld(events: AsyncIterable<unknown>): Promise<number> {
  const before = heapUsed()
  let most = before
  let count = 0
  for await (const _event of events) if (count++ % STEP === 0) most = Math.max(most, heapUsed())
  return most - before
}

/** Pages are met at ever other places, as no likely size of them divides it. */
const STEP = 997

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How many MB a read holds at most, as it goes on, without what could be collected. */
export async function heapHeld(events: AsyncIterable<unknown>): Promise<number> {
  const before = heap()
  let most = before
  let count = 0
  for await (const _event of events) if (count++ % STEP === 0) most = Math.max(most, heap())
  return (most - before) / 2 ** 20
}

/** Pages are met at ever other places, as no likely size of them divides it. */
const STEP = 997

function heap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

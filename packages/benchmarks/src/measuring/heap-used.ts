import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How many MB are in use, without what could be collected. */
export function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

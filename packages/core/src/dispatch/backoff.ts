/** In milliseconds: a conflict in one process is over at once, among many it takes some patience. */
const SHORTEST = 1
const LONGEST = 250

/**
 * Waits before try `attempt` (from 1): a random time below a bound that doubles from try to try, so that rivals
 * drift apart ("full jitter", M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015). Rejects
 * with the signal's reason on abort.
 */
export function backOff(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const bound = Math.min(LONGEST, SHORTEST * 2 ** attempt)
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, Math.random() * bound)
    signal?.addEventListener('abort', abort, { once: true })
  })
}

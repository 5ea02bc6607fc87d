/** Waits so many milliseconds. Rejects with the signal's reason on abort. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/**
 * How long to wait before the next try after so many: a random part of a bound that doubles from try to try, from
 * `shortest` to `longest`, so that rivals drift apart ("full jitter", M. Brooker, Exponential Backoff And Jitter, AWS
 * Architecture Blog, 2015). All in milliseconds.
 */
export function backOff(tries: number, shortest: number, longest: number): number {
  return Math.random() * Math.min(longest, shortest * 2 ** tries)
}

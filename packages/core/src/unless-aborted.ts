/** The outcome of `work`, or the signal's reason as soon as it is aborted, whatever becomes of the work. */
export function unlessAborted<Result>(
  work: PromiseLike<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return Promise.resolve(work)
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error)
    }
    const settle = () => {
      signal.removeEventListener('abort', abort)
    }
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).then(settle, settle)
    if (signal.aborted) abort()
  })
}

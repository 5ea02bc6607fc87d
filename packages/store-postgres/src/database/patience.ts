import { ConnectionLost, TransactionLost } from '../errors.ts'

/** In milliseconds. */
export interface Timeouts {
  /**
   * How long an append, or a page of a read, waits for its turn at most, and then is tried, over lost connections and
   * full pools, before it fails. Default 30,000.
   */
  readonly operation?: number | undefined
  /** How long one statement may go without an answer before its connection is given up. Default 10,000. */
  readonly statement?: number | undefined
}

/** `Timeouts`, complete. */
export interface CheckedTimeouts {
  readonly operation: number
  readonly statement: number
}

export const TIMEOUTS: CheckedTimeouts = { operation: 30_000, statement: 10_000 }

/** In milliseconds: a server that restarts is not asked more often than once a second. */
const SHORTEST = 5
const LONGEST = 1_000

/**
 * Tries until it succeeds, fails for good, or `timeout` is over, with pauses that grow and differ ("full jitter", M.
 * Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015). `work` is told how often it was tried before.
 */
export async function patiently<Result>(
  work: (tries: number) => Promise<Result>,
  timeout: number,
  signal?: AbortSignal,
): Promise<Result> {
  const deadline = performance.now() + timeout
  for (let tries = 0; ; tries++) {
    try {
      return await work(tries)
    } catch (error) {
      const passing = error instanceof ConnectionLost || error instanceof TransactionLost
      const pause = Math.random() * Math.min(LONGEST, SHORTEST * 2 ** tries)
      if (!passing || performance.now() + pause > deadline) throw error
      await pauseFor(pause, signal)
    }
  }
}

/** What `work` comes to, or the signal's reason as soon as it is aborted, whatever becomes of the work. */
export function unlessAborted<Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort)
    })
    if (signal.aborted) abort()
  })
}

/** What `work` comes to, unless it takes longer than this, in milliseconds: then nobody knows what becomes of it. */
export function inTime<Result>(
  work: Promise<Result>,
  timeout: number,
  signal?: AbortSignal,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new ConnectionLost(`the database gave no answer for ${timeout} ms`, true))
    }, timeout)
    void unlessAborted(work, signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer)
      })
  })
}

function pauseFor(time: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, time)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
  })
}

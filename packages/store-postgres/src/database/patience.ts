import { backOff, pause, unlessAborted } from '@eventmill/core/adapter'
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
 * Tries until it succeeds, fails for good, or `timeout` is over, with pauses that grow. `work` is told how often it was
 * tried before.
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
      const wait = backOff(tries, SHORTEST, LONGEST)
      if (!passing || performance.now() + wait > deadline) throw error
      await pause(wait, signal)
    }
  }
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

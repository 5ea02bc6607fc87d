import { checkInteger, checkKeys, invalidArgument } from '@eventmill/core/adapter'

/** What becomes of an event that a handler cannot take. */
export interface FailurePolicy {
  /**
   * How often it is tried again, after random pauses below a bound that doubles, from 200 ms up to 10 s. `Infinity` is for what waits for
   * another system, however long it is away. Default 5.
   */
  readonly retries?: number | undefined
  /**
   * What follows: the projection stops (`'stop'`, the default), goes on without the event (`'skip'`), or puts it aside
   * (`'park'`), where it can be listed, retried and dropped.
   */
  readonly then?: 'stop' | 'skip' | 'park' | undefined
  /** Whether later events of its aggregate are put aside as well while an event is parked. Default false. */
  readonly holdBack?: boolean | undefined
}

/** A policy, complete. */
export type CheckedFailurePolicy = {
  readonly [Option in keyof FailurePolicy]-?: NonNullable<FailurePolicy[Option]>
}

/** Throws `ARGUMENT_INVALID`. */
export function checkFailurePolicy(policy: FailurePolicy): CheckedFailurePolicy {
  checkKeys(policy, OPTIONS, 'onFailure')
  const { retries = 5, then = 'stop', holdBack = false } = policy
  if (retries !== Infinity) checkInteger(retries, 0, 'onFailure.retries')
  if (!OUTCOMES.includes(then)) throw invalidArgument('onFailure.then', "'stop', 'skip' or 'park'", then)
  if (typeof holdBack !== 'boolean') throw invalidArgument('onFailure.holdBack', 'a boolean', holdBack)
  if (holdBack && then !== 'park') {
    throw invalidArgument('onFailure.holdBack', "absent, unless then is 'park'", holdBack)
  }
  return { retries, then, holdBack }
}

const OPTIONS = new Set(['retries', 'then', 'holdBack'])
const OUTCOMES: readonly unknown[] = ['stop', 'skip', 'park']

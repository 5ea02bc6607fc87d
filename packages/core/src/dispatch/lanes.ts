/**
 * Lines of waiting, one per key: whoever has entered holds all of its keys until it leaves. Keys are entered in
 * one fixed order, so that no two holders wait for each other; a free key costs no promise and leaves no trace.
 */
export class Lanes {
  /** Those who wait for a key that somebody holds, first come first. */
  readonly #held = new Map<string, Set<() => void> | undefined>()

  /** The function that leaves, at once or later. Rejects with the signal's reason on abort, holding nothing. */
  enter(keys: readonly string[], signal: AbortSignal | undefined): (() => void) | Promise<() => void> {
    const [key = ''] = keys
    if (keys.length !== 1 || this.#held.has(key)) return this.#turn(keys, signal)
    this.#held.set(key, undefined)
    let left = false
    return () => {
      if (!left) this.#leave(key)
      left = true
    }
  }

  async #turn(keys: readonly string[], signal: AbortSignal | undefined): Promise<() => void> {
    const entered: string[] = []
    let left = false
    const leave = () => {
      if (left) return
      left = true
      for (const key of entered) this.#leave(key)
    }
    try {
      for (const key of keys.toSorted()) {
        const waiting = this.#held.get(key) ?? new Set()
        const isFree = !this.#held.has(key)
        this.#held.set(key, waiting)
        if (!isFree) await turn(waiting, signal)
        entered.push(key)
      }
    } catch (error) {
      leave()
      throw error
    }
    return leave
  }

  #leave(key: string): void {
    const [next] = this.#held.get(key) ?? NOBODY
    if (next === undefined) this.#held.delete(key)
    else next()
  }
}

const NOBODY: readonly (() => void)[] = []

function turn(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const enter = () => {
      waiting.delete(enter)
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    const abort = () => {
      waiting.delete(enter)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort, { once: true })
    waiting.add(enter)
  })
}

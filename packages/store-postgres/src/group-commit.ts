/** Work that waits for its turn. */
export interface Queued {
  /** What it is about: work about the same is never under way twice, and keeps its order. */
  readonly keys: readonly string[]
  /** About how large it is, in bytes. */
  readonly size: number
  readonly signal: AbortSignal | undefined
}

/** What became of one piece of work in a batch. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: unknown }

/** So many batches are under way at a time. */
const BATCHES = 2
/** So much work travels together. */
const MOST = 500
/** In bytes; a larger piece travels alone. */
const MOST_SIZE = 4 * 2 ** 20

/**
 * Work that arrives while other work is under way travels together in the next batch (group commit, D. DeWitt et al.,
 * Implementation Techniques for Main Memory Database Systems, SIGMOD 1984). Without other work it leaves at once: there
 * is no timer.
 */
export class GroupCommit<Work extends Queued, Result> {
  readonly #send: (batch: readonly Work[]) => Promise<readonly Outcome<Result>[]>
  readonly #queue = new Set<Waiting<Work, Result>>()
  /** What the batches under way are about. */
  readonly #busy = new Set<string>()
  #underWay = 0
  /** Who waits for the last batch to be back. */
  readonly #closing: (() => void)[] = []

  /** `send` resolves to the outcome of each piece of work, in the order of the batch; what it rejects with fails all. */
  constructor(send: (batch: readonly Work[]) => Promise<readonly Outcome<Result>[]>) {
    this.#send = send
  }

  /** Rejects with the signal's reason on abort, as long as the work has not left. */
  run(work: Work): Promise<Result> {
    return new Promise((resolve, reject) => {
      work.signal?.throwIfAborted()
      const abort = () => {
        this.#queue.delete(waiting)
        reject(work.signal?.reason as Error)
      }
      const waiting = { work, abort, resolve, reject }
      work.signal?.addEventListener('abort', abort, { once: true })
      this.#queue.add(waiting)
      this.#leave()
    })
  }

  /** Fails what has not left with this error, and resolves once what has left is back. */
  async close(error: Error): Promise<void> {
    for (const { work, abort, reject } of this.#queue) {
      work.signal?.removeEventListener('abort', abort)
      reject(error)
    }
    this.#queue.clear()
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#closing.push(resolve))
  }

  #leave(): void {
    while (this.#underWay < BATCHES) {
      const batch = this.#next()
      if (batch.length === 0) return
      this.#underWay += 1
      void this.#travel(batch)
    }
  }

  /** What can travel together, in the order in which it came. */
  #next(): readonly Waiting<Work, Result>[] {
    const batch: Waiting<Work, Result>[] = []
    const blocked = new Set<string>()
    let size = 0
    for (const waiting of this.#queue) {
      const { keys, size: own } = waiting.work
      if (batch.length === MOST || (batch.length > 0 && size + own > MOST_SIZE)) break
      if (keys.some((key) => this.#busy.has(key) || blocked.has(key))) {
        // What comes later about the same must not overtake it.
        for (const key of keys) blocked.add(key)
        continue
      }
      batch.push(waiting)
      size += own
    }
    for (const waiting of batch) {
      this.#queue.delete(waiting)
      for (const key of waiting.work.keys) this.#busy.add(key)
    }
    return batch
  }

  async #travel(batch: readonly Waiting<Work, Result>[]): Promise<void> {
    for (const { work, abort } of batch) work.signal?.removeEventListener('abort', abort)
    try {
      const outcomes = await this.#send(batch.map(({ work }) => work))
      batch.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index] ?? {
          error: new Error('a batch came back without an outcome for each'),
        }
        if ('result' in outcome) resolve(outcome.result)
        else reject(outcome.error)
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      for (const { work } of batch) for (const key of work.keys) this.#busy.delete(key)
      this.#underWay -= 1
      this.#leave()
      if (this.#underWay === 0) for (const resolve of this.#closing.splice(0)) resolve()
    }
  }
}

interface Waiting<Work, Result> {
  readonly work: Work
  readonly abort: () => void
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Work that waits for its turn. */
export interface Queued {
  /** What it is about: work about the same is never under way twice, and keeps its order. */
  readonly keys: readonly string[]
  /** About how large it is. */
  readonly bytes: number
  readonly signal?: AbortSignal | undefined
}

/** What became of one piece of work in a batch. `blocked`: what it is about is held by others; nothing was done. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: unknown } | 'blocked'

/** Sends batches, and tells what becomes of work that does not end as it should. */
export interface Sender<Work, Result> {
  /**
   * Resolves to the outcome of each piece of work, in the order of the batch; what it rejects with fails all. A patient
   * batch was blocked, is all about one key, and may wait for a while for those who hold that.
   */
  send(batch: readonly Work[], patient: boolean): Promise<readonly Outcome<Result>[]>
  /** The error of work that is aborted while it is under way. */
  abandoned(work: Work): Error
  /** The error of work that is aborted, or closed, for this reason, while it waits: it may have been under way before. */
  givenUp(work: Work, reason: Error): Error
  /** The error of work whose turn does not come until the timeout; so many are waiting. */
  late(work: Work, waiting: number): Error
}

/** How much there is to do, and is done. */
export interface Load {
  /** How much work waits for its turn. */
  readonly waiting: number
  /** How much is held up by others. */
  readonly blocked: number
  /** How many batches are under way. */
  readonly batches: number
}

export interface GroupCommitOptions {
  /** So many batches are under way at a time. */
  readonly batches: number
  /** So much work travels together. */
  readonly most: number
  /** How long work waits for its turn, in milliseconds. */
  readonly timeout: number
}

/** Of a batch; a larger piece of work travels alone. */
const MOST_BYTES = 4 * 2 ** 20
/** So many batches of blocked work wait for those who block them, at a time. */
const PATIENT_BATCHES = 2
/** In milliseconds: so often all the other blocked work is tried again, the less often the less comes of it. */
const SHORTEST_SWEEP = 5
const LONGEST_SWEEP = 100

/**
 * Work that arrives while other work is under way travels together in the next batch (group commit, D. DeWitt et al.,
 * Implementation Techniques for Main Memory Database Systems, SIGMOD 1984). Without other work it leaves at once: no
 * timer delays it. Work that is blocked takes lanes of its own, and delays nobody but what is about the same: in some it
 * waits for those who block it, and what has no room there, or would hold something else meanwhile, is swept up together
 * from time to time.
 */
export class GroupCommit<Work extends Queued, Result> {
  readonly #sender: Sender<Work, Result>
  readonly #options: GroupCommitOptions
  readonly #queue = new Set<Waiting<Work, Result>>()
  readonly #blocked = new Set<Waiting<Work, Result>>()
  /** What is under way, or blocked, is about these. */
  readonly #busy = new Set<string>()
  /** What was blocked, and is under way again, is about these. */
  readonly #awaited = new Set<string>()
  #batches = 0
  #patientBatches = 0
  #sweep: ReturnType<typeof setTimeout> | 'under way' | undefined
  #sweepPause = SHORTEST_SWEEP
  #alarm: ReturnType<typeof setTimeout> | undefined
  /** What was told to those who waited when it was closed. */
  #closed: Error | undefined
  /** Who waits for the last batch to be back. */
  readonly #closing: (() => void)[] = []

  constructor(sender: Sender<Work, Result>, options: GroupCommitOptions) {
    this.#sender = sender
    this.#options = options
  }

  get load(): Load {
    return {
      waiting: this.#queue.size,
      blocked: this.#blocked.size,
      batches: this.#underWay,
    }
  }

  /** On abort, rejects with what the sender gives up with as long as the work waits, and abandons it with on its way. */
  run(work: Work): Promise<Result> {
    return new Promise((resolve, reject) => {
      work.signal?.throwIfAborted()
      if (this.#closed !== undefined) throw this.#closed
      const deadline = performance.now() + this.#options.timeout
      const waiting: Waiting<Work, Result> = { work, deadline, resolve, reject, abort: undefined }
      if (work.signal !== undefined) {
        waiting.abort = () => {
          const queued = this.#queue.delete(waiting) || this.#unblock(waiting)
          reject(
            queued ? this.#sender.givenUp(work, work.signal?.reason as Error) : this.#sender.abandoned(work),
          )
        }
        work.signal.addEventListener('abort', waiting.abort, { once: true })
      }
      this.#queue.add(waiting)
      this.#leave()
    })
  }

  /** Gives up what waits for this reason, and resolves once what has left is back. */
  async close(error: Error): Promise<void> {
    this.#closed = error
    for (const waiting of [...this.#queue, ...this.#blocked]) {
      settle(waiting, { error: this.#sender.givenUp(waiting.work, error) })
    }
    this.#queue.clear()
    this.#blocked.clear()
    clearTimeout(this.#alarm)
    if (this.#sweep !== 'under way') clearTimeout(this.#sweep)
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => this.#closing.push(resolve))
    }
  }

  #leave(): void {
    while (this.#batches < this.#options.batches) {
      const batch = next(this.#queue, this.#busy, this.#options.most, () => true)
      if (batch.length === 0) break
      this.#batches += 1
      void this.#travel(batch, false, () => {
        this.#batches -= 1
      })
    }
    while (this.#patientBatches < PATIENT_BATCHES) {
      const batch = next(this.#blocked, this.#awaited, this.#options.most, isAboutOneKey)
      if (batch.length === 0) break
      this.#patientBatches += 1
      void this.#travel(batch, true, () => {
        this.#patientBatches -= 1
        this.#awaitNoMore(batch)
      })
    }
    if (this.#blocked.size > 0) {
      this.#sweep ??= setTimeout(() => {
        this.#sweepUp()
      }, this.#sweepPause)
    }
    this.#watch()
  }

  #sweepUp(): void {
    this.#sweep = undefined
    const batch = next(this.#blocked, this.#awaited, this.#options.most, () => true)
    if (batch.length === 0) return
    this.#sweep = 'under way'
    void this.#travel(batch, false, (outcomes) => {
      this.#sweep = undefined
      const inVain = outcomes.every((outcome) => outcome === 'blocked')
      this.#sweepPause = inVain ? Math.min(LONGEST_SWEEP, this.#sweepPause * 2) : SHORTEST_SWEEP
      this.#awaitNoMore(batch)
    })
  }

  #awaitNoMore(batch: readonly Waiting<Work, Result>[]): void {
    for (const { work } of batch) for (const key of work.keys) this.#awaited.delete(key)
  }

  get #underWay(): number {
    return this.#batches + this.#patientBatches + (this.#sweep === 'under way' ? 1 : 0)
  }

  async #travel(
    batch: readonly Waiting<Work, Result>[],
    patient: boolean,
    arrived: (outcomes: readonly Outcome<Result>[]) => void,
  ): Promise<void> {
    const outcomes = await this.#send(batch, patient)
    arrived(outcomes)
    const blocked: Waiting<Work, Result>[] = []
    batch.forEach((waiting, index) => {
      const outcome = outcomes[index] ?? { error: new Error('a batch came back without an outcome for each') }
      if (outcome !== 'blocked') settle(waiting, outcome)
      else if (this.#closed !== undefined) {
        settle(waiting, { error: this.#sender.givenUp(waiting.work, this.#closed) })
      }
      // It would leave again at once, as long as others hold what it is about, and no alarm would find it waiting.
      else if (waiting.deadline <= performance.now()) this.#tellLate(waiting, batch.length)
      else blocked.push(waiting)
    })
    // Who was aborted on the way has been told.
    this.#block(blocked.filter(({ work }) => work.signal?.aborted !== true))
    this.#free(batch)
    this.#leave()
    if (this.#underWay === 0) for (const resolve of this.#closing.splice(0)) resolve()
  }

  async #send(
    batch: readonly Waiting<Work, Result>[],
    patient: boolean,
  ): Promise<readonly Outcome<Result>[]> {
    try {
      return await this.#sender.send(
        batch.map(({ work }) => work),
        patient,
      )
    } catch (error) {
      return batch.map(() => ({ error }))
    }
  }

  /** They had their turn, and go behind the others; but what came later about the same stays behind them. */
  #block(batch: readonly Waiting<Work, Result>[]): void {
    const keys = new Set(batch.flatMap(({ work }) => work.keys))
    const followers = [...this.#blocked].filter(({ work }) => {
      const follows = work.keys.some((key) => keys.has(key))
      if (follows) for (const key of work.keys) keys.add(key)
      return follows
    })
    for (const waiting of followers) this.#blocked.delete(waiting)
    for (const waiting of [...batch, ...followers]) this.#blocked.add(waiting)
  }

  #unblock(waiting: Waiting<Work, Result>): boolean {
    const found = this.#blocked.delete(waiting)
    if (found) {
      this.#free([waiting])
      this.#leave()
    }
    return found
  }

  /** Others may be blocked, or under way, about the same, and keep it busy. */
  #free(batch: readonly Waiting<Work, Result>[]): void {
    const held = new Set([...[...this.#blocked].flatMap(({ work }) => work.keys), ...this.#awaited])
    for (const { work } of batch) for (const key of work.keys) if (!held.has(key)) this.#busy.delete(key)
  }

  /** `back`: how much work has just come back, and waits as well. */
  #tellLate(waiting: Waiting<Work, Result>, back = 0): void {
    const total = this.#queue.size + this.#blocked.size + back
    settle(waiting, { error: this.#sender.late(waiting.work, total) })
  }

  /** Wakes up when the first of those that wait has waited for too long. */
  #watch(): void {
    if (this.#queue.size + this.#blocked.size === 0) {
      clearTimeout(this.#alarm)
      this.#alarm = undefined
      return
    }
    this.#alarm ??= setTimeout(() => {
      this.#alarm = undefined
      const now = performance.now()
      const late = [...this.#queue, ...this.#blocked].filter(({ deadline }) => deadline <= now)
      // All of them first: what leaves in the place of one may be another.
      for (const waiting of late) this.#queue.delete(waiting)
      this.#free(late.filter((waiting) => this.#blocked.delete(waiting)))
      for (const waiting of late) this.#tellLate(waiting, late.length)
      this.#leave()
      this.#watch()
    }, ALARM)
  }
}

/** In milliseconds: so much later than its timeout work may be told that it is late. */
const ALARM = 100

interface Waiting<Work, Result> {
  readonly work: Work
  readonly deadline: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
  abort: (() => void) | undefined
}

/** Takes from a queue what can travel together, in the order in which it came, and notes what it is about. */
function next<Work extends Queued, Result>(
  queue: Set<Waiting<Work, Result>>,
  busy: Set<string>,
  most: number,
  fits: (first: Work, work: Work) => boolean,
): readonly Waiting<Work, Result>[] {
  const batch: Waiting<Work, Result>[] = []
  const passedOver = new Set<string>()
  let bytes = 0
  for (const waiting of queue) {
    const { work } = waiting
    if (batch.length === most || (batch.length > 0 && bytes + work.bytes > MOST_BYTES)) break
    const free = work.keys.every((key) => !busy.has(key) && !passedOver.has(key))
    if (free && fits(batch[0]?.work ?? work, work)) {
      batch.push(waiting)
      bytes += work.bytes
    } else {
      // What comes later about the same must not overtake it.
      for (const key of work.keys) passedOver.add(key)
    }
  }
  for (const waiting of batch) {
    queue.delete(waiting)
    for (const key of waiting.work.keys) busy.add(key)
  }
  return batch
}

/** Work about several keys would hold the others while it waits for one. */
function isAboutOneKey(first: Queued, work: Queued): boolean {
  return work.keys.length === 1 && work.keys[0] === first.keys[0]
}

function settle<Work extends Queued, Result>(
  { work, abort, resolve, reject }: Waiting<Work, Result>,
  outcome: Exclude<Outcome<Result>, 'blocked'>,
): void {
  if (abort !== undefined) work.signal?.removeEventListener('abort', abort)
  if ('result' in outcome) resolve(outcome.result)
  else reject(outcome.error)
}

import { type Hold } from '@eventmill/store-conformance'

/** What becomes of one attempt to append. */
export type Fate =
  | { readonly kind: 'cut before' | 'cut after' }
  | {
      readonly kind: 'cut during'
      /** Whether all that belongs to it arrives, so that it commits. */
      readonly whole: boolean
    }
  | {
      readonly kind: 'held up' | 'late'
      /** Says that it has got there, and resolves once it may go on. */
      stop(): Promise<void>
      /** Says that it has had its effect. */
      done(): void
    }

/** What the next attempts to append over one proxy come to. */
export class AppendFaults {
  #when: 'before' | 'during' | 'after' = 'before'
  #attempts = 0
  #whole = false
  /** Those that nothing has come to yet, the oldest first. */
  readonly #waiting: Fate[] = []
  readonly #holds = new Set<Hold>()

  /** So many of the next attempts lose their connection; 0: none any more. */
  cut(when: 'before' | 'during' | 'after', attempts: number): void {
    this.#when = when
    this.#attempts = attempts
  }

  /** The next attempt stops before the server has heard of it. */
  holdUp(): Hold {
    return this.#hold('held up')
  }

  /** The next attempt loses its connection, and the server hears of it only when it is released. */
  deliverLate(): Hold {
    return this.#hold('late')
  }

  /** What becomes of the attempt that has just come; `undefined`: nothing special. */
  next(): Fate | undefined {
    const held = this.#waiting.shift()
    if (held !== undefined) return held
    if (this.#attempts === 0) return undefined
    this.#attempts -= 1
    if (this.#when !== 'during') return { kind: `cut ${this.#when}` }
    // Both outcomes are possible, so both come to pass: the first commits.
    this.#whole = !this.#whole
    return { kind: 'cut during', whole: this.#whole }
  }

  /** Lets all go on as if there had never been a fault. */
  async end(): Promise<void> {
    this.#attempts = 0
    await Promise.all([...this.#holds].map((hold) => hold.release()))
  }

  #hold(kind: 'held up' | 'late'): Hold {
    const reached = Promise.withResolvers<undefined>()
    const released = Promise.withResolvers<undefined>()
    const done = Promise.withResolvers<undefined>()
    const fate: Fate = {
      kind,
      stop: () => {
        reached.resolve(undefined)
        return released.promise
      },
      done: () => {
        done.resolve(undefined)
      },
    }
    const hold: Hold = {
      reached: reached.promise,
      release: async () => {
        this.#holds.delete(hold)
        const index = this.#waiting.indexOf(fate)
        if (index >= 0) {
          this.#waiting.splice(index, 1)
          done.resolve(undefined)
        }
        released.resolve(undefined)
        await done.promise
      },
    }
    this.#waiting.push(fate)
    this.#holds.add(hold)
    return hold
  }
}

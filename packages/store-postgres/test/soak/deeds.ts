/** Names an append: who made it, and the how many-th of theirs it is. */
export interface Mark {
  readonly writer: number
  readonly append: number
}

/** What writers tell of their appends, each at once: one that was killed has told all that it knew. */
export interface Deeds {
  /** It is about to be sent. */
  intended(mark: Mark): void
  /** It is stored, its first event at this position. */
  acknowledged(mark: Mark, position: number): void
  /** It is not stored and never will be, and why. */
  rejected(mark: Mark, reason: string): void
  /** Its outcome was unknown at first. */
  wondered(mark: Mark): void
  /** What should not have been. */
  found(text: string): void
}

/** Of each append what was told of it, and whether it stands in the log, in nine bytes. */
export class Fates implements Deeds {
  readonly counts: { [what: string]: number } = { intended: 0, acknowledged: 0, unknown: 0 }
  readonly #writers = new Map<number, Writer>()
  readonly #found: (text: string) => void

  constructor(found: (text: string) => void) {
    this.#found = found
  }

  intended(mark: Mark): void {
    this.#count('intended')
    this.#mark(mark, INTENDED)
  }

  acknowledged(mark: Mark, position: number): void {
    this.#count('acknowledged')
    this.#place(mark, position)
    this.#mark(mark, ACKNOWLEDGED)
  }

  rejected(mark: Mark, reason: string): void {
    this.#count(reason)
    this.#mark(mark, REJECTED)
  }

  wondered(_mark: Mark): void {
    this.#count('unknown')
  }

  found(text: string): void {
    this.#found(text)
  }

  /** The first event of an append stands in the log. */
  seen(mark: Mark, position: number): void {
    if ((this.#of(mark.writer).fates[mark.append] ?? 0) & SEEN) {
      this.#found(`${nameOf(mark)} stands in the log twice`)
    }
    this.#place(mark, position)
    this.#mark(mark, SEEN)
  }

  /** At the end, when all of the log was seen. */
  judge(): void {
    for (const [writer, { fates, size }] of this.#writers) {
      for (let append = 0; append < size; append++) {
        const fate = fates[append] ?? 0
        const name = nameOf({ writer, append })
        if (fate & ACKNOWLEDGED && !(fate & SEEN)) this.#found(`${name} was acknowledged, but is lost`)
        if (fate & SEEN && !(fate & INTENDED)) this.#found(`${name} stands in the log, but nobody made it`)
      }
    }
  }

  #mark(mark: Mark, what: number): void {
    const { fates } = this.#of(mark.writer, mark.append)
    const fate = (fates[mark.append] ?? 0) | what
    fates[mark.append] = fate
    if (fate & REJECTED && fate & SEEN) this.#found(`${nameOf(mark)} was rejected, but stands in the log`)
    if (fate & REJECTED && fate & ACKNOWLEDGED) this.#found(`${nameOf(mark)} was acknowledged and rejected`)
  }

  #place(mark: Mark, position: number): void {
    const { positions } = this.#of(mark.writer, mark.append)
    const before = positions[mark.append] ?? 0
    positions[mark.append] = position
    if (before !== 0 && before !== position) {
      this.#found(`${nameOf(mark)} was said to be at ${before}, and at ${position}`)
    }
  }

  #of(writer: number, append = 0): Writer {
    let known = this.#writers.get(writer)
    if (known === undefined || append >= known.fates.length) {
      const room = Math.max(64, 2 * (append + 1))
      const [fates, positions] = [new Uint8Array(room), new Float64Array(room)]
      if (known !== undefined) {
        fates.set(known.fates)
        positions.set(known.positions)
      }
      known = { fates, positions, size: known?.size ?? 0 }
      this.#writers.set(writer, known)
    }
    known.size = Math.max(known.size, append + 1)
    return known
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}

/** What is known of the appends of a writer, by their number. */
interface Writer {
  readonly fates: Uint8Array
  readonly positions: Float64Array
  size: number
}

const [INTENDED, ACKNOWLEDGED, REJECTED, SEEN] = [1, 2, 4, 8] as const

function nameOf({ writer, append }: Mark): string {
  return `append ${append} of writer ${writer}`
}

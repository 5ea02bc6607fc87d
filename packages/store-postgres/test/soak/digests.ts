import { createHash, type Hash } from 'node:crypto'

/** So many positions are compared at a time. */
export const BLOCK = 1_000

/** What was seen of the log, block by block: enough to tell where two have seen something else. */
export class Digests {
  readonly #done: string[] = []
  #open: Hash = createHash('md5')
  #count = 0
  #place = 0

  add(position: number, id: string): void {
    this.#upTo(Math.floor(position / BLOCK))
    this.#open.update(`${position} ${id}\n`)
    this.#count += 1
  }

  /** The first positions where it differs from another, which must have got as far, up to a position; `undefined`: none. */
  difference(other: Digests, upTo: number): string | undefined {
    const blocks = Math.floor(upTo / BLOCK)
    this.#upTo(blocks)
    other.#upTo(blocks)
    for (let block = 0; block < blocks; block++) {
      const [own, others] = [this.#done[block], other.#done[block]]
      if (own !== others) {
        return `from ${block * BLOCK} on: ${own ?? 'nothing'} against ${others ?? 'nothing'}`
      }
    }
    return undefined
  }

  #upTo(block: number): void {
    while (this.#place < block) {
      this.#done.push(`${this.#count} events, ${this.#open.digest('hex')}`)
      this.#open = createHash('md5')
      this.#count = 0
      this.#place += 1
    }
  }
}

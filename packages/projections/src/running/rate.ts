/** How much happens per second, the newest counting most: what is 10 seconds old counts a third. */
export class Rate {
  #rate = 0
  #time = performance.now()

  add(count: number): void {
    this.#rate = this.perSecond() + count / MEMORY
  }

  perSecond(): number {
    const now = performance.now()
    this.#rate *= Math.exp((this.#time - now) / 1_000 / MEMORY)
    this.#time = now
    return this.#rate
  }
}

/** In seconds. */
const MEMORY = 10

/** How much happens per second, the newest counting most: what is 10 seconds old counts a third. */
export class Rate {
  readonly #start = performance.now()
  #sum = 0
  #time = this.#start

  add(count: number): void {
    this.#sum = this.#decayed() + count
  }

  perSecond(): number {
    // Of the time before it began nothing is known.
    const weight = MEMORY * (1 - Math.exp((this.#start - performance.now()) / 1_000 / MEMORY))
    return weight === 0 ? 0 : this.#decayed() / weight
  }

  #decayed(): number {
    const now = performance.now()
    this.#sum *= Math.exp((this.#time - now) / 1_000 / MEMORY)
    this.#time = now
    return this.#sum
  }
}

/** In seconds. */
const MEMORY = 10

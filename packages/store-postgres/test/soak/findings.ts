/** What should not have been. */
export class Findings {
  readonly #texts: string[] = []
  #count = 0
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  get count(): number {
    return this.#count
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  /** Tells it at once. One mistake is often found thousands of times: the first tell enough. */
  add(text: string): void {
    this.#count += 1
    if (this.#texts.length === MOST) return
    this.#texts.push(text)
    this.#print(`FOUND: ${text}`)
  }
}

const MOST = 50

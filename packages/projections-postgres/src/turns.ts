import { type Pglite, type PgPool } from './client.ts'

/** Lets so many work at once; the others wait for their turn, first come first. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(most: number) {
    this.#free = most
  }

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}

/** By pool, however many stores share it. */
const known = new WeakMap<object, Turns>()

/** Those who hold connections for as long as handlers run: they have half of them, and one at least. */
export function turnsOf(client: PgPool | Pglite): Turns {
  const most = 'options' in client ? (client.options?.max ?? Infinity) : Infinity
  const turns = known.get(client) ?? new Turns(Math.max(1, Math.floor(most / 2)))
  known.set(client, turns)
  return turns
}

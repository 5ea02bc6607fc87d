import type pg from 'pg'
import { Digests } from './digests.ts'

/** The log as it stands in the tables. */
export class RawLog {
  readonly all: Digests = new Digests()
  /** Of the type `Odd`. */
  readonly odd: Digests = new Digests()
  readonly #pool: pg.Pool
  #position = 0

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Reads on up to a position. */
  async read(upTo: number): Promise<void> {
    while (this.#position < upTo) {
      const end = Math.min(upTo, this.#position + PAGE)
      const { rows } = await this.#pool.query<{ position: string; id: string; odd: boolean }>(
        `select e.position, e.id, t.name = 'Odd' as odd from eventmill.events e join eventmill.types t using (type)
         where e.position > $1 and e.position <= $2 order by e.position`,
        [this.#position, end],
      )
      for (const { position, id, odd } of rows) {
        this.all.add(Number(position), id)
        if (odd) this.odd.add(Number(position), id)
      }
      this.#position = end
    }
  }
}

const PAGE = 20_000

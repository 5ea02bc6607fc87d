import { type OwnDatabase, type Statement, statement } from './database/database.ts'

/** In milliseconds. Notifications of one store are so far apart at least: each costs the server a commit. */
const SPACING = 5

/**
 * Notifications that there may be something new. They are sent apart from appends, which would wait for each other with
 * a notification within, and one for all that were stored meanwhile.
 */
export class Announcements {
  readonly #database: OwnDatabase
  readonly #notify: Statement
  #due = false
  #lastAt = -Infinity
  #sending: Promise<void> | undefined

  constructor(database: OwnDatabase, schema: string) {
    this.#database = database
    // Lost with the server, it has no readers to tell: it need not wait for the disk, as any other commit.
    this.#notify = statement(`select set_config('synchronous_commit', 'off', true), ${schema}.announce()`)
  }

  announce(): void {
    this.#due = true
    this.#sending ??= this.#send()
  }

  /** Resolves once what was announced is sent. */
  async sent(): Promise<void> {
    await this.#sending
  }

  async #send(): Promise<void> {
    while (this.#due) {
      const early = this.#lastAt + SPACING - performance.now()
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
      this.#due = false
      this.#lastAt = performance.now()
      // Where it is lost, readers poll.
      await this.#database.attempt(this.#notify).catch(() => undefined)
    }
    this.#sending = undefined
  }
}

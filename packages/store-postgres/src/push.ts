import { type Position } from '@eventmill/core'
import { checkpointAhead, withResolvers } from '@eventmill/core/adapter'
import { Announcements } from './announcements.ts'
import { type OwnDatabase, type Statement, statement } from './database/database.ts'
import { type Progress } from './event-log.ts'

/** Somebody waits for the head to get beyond a position. */
export interface Reader {
  /** It has got to this position. */
  readonly after: Position
  /** When it began to wait. */
  readonly since: Date
  /** Why it still waits: nothing has come, or an append in flight holds back what has. */
  readonly reason: 'nothing new' | 'held back'
}

/** In milliseconds. Without notifications the head is asked for at these intervals, the longer the less happens. */
const SHORTEST_POLL = 20
const LONGEST_POLL = 1_250
/** While an append in flight holds back what has come, of whose end nobody may tell. */
const HELD_POLL = 250
/** With notifications, of which one may be lost: the process that should send it may die. */
const LISTENING_POLL = 5_000
/** A connection that hears nothing for so long, not even what this store announces, is given up: a pooler keeps it deaf. */
const DEAF = 5_000
/** So long it is then left at polling, each time twice as long. */
const SHORTEST_RETREAT = 10_000
const LONGEST_RETREAT = 300_000
/** So long the connection is kept for the next reader. */
const LINGER = 10_000

/**
 * Tells readers when the head grows: by notifications, which stores send after their appends and apart from them, since
 * a notification within an append would make appends wait for each other; and by polling, which alone is relied upon.
 */
export class Push {
  readonly #database: OwnDatabase
  readonly #progress: () => Promise<Progress>
  readonly #channel: Statement
  readonly #announcements: Announcements
  readonly #waiting = new Set<Waiting>()
  #stopListening: (() => void) | undefined
  /** Whether a notification has come over this connection: a pooler may swallow them. */
  #heard = false
  #listensSince = 0
  #retreat = SHORTEST_RETREAT
  #listensAgainAt = -Infinity
  #subscribing = false
  #watching = false
  #closed = false
  #wake: (() => void) | undefined
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(database: OwnDatabase, schema: string, progress: () => Promise<Progress>) {
    this.#database = database
    this.#progress = progress
    this.#channel = statement(`select ${schema}.channel()`)
    this.#announcements = new Announcements(database, schema)
  }

  get listening(): boolean {
    return this.#stopListening !== undefined && this.#heard
  }

  get readers(): readonly Reader[] {
    return [...this.#waiting].map(({ after, since, reason }) => ({ after, since, reason }))
  }

  /** Resolves once the head is beyond `after`. Fails with `CHECKPOINT_AHEAD` where there is no such event. */
  wait(after: Position, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(waiting)
        signal.removeEventListener('abort', abort)
      }
      const abort = () => {
        end()
        reject(signal.reason as Error)
        this.#wakeUp()
      }
      const waiting: Waiting = {
        after,
        since: new Date(),
        reason: 'nothing new',
        resolve: () => {
          end()
          resolve()
        },
        reject: (error: Error) => {
          end()
          reject(error)
        },
      }
      signal.throwIfAborted()
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.add(waiting)
      if (this.#watching) this.#wakeUp()
      else void this.#watch()
    })
  }

  /** Tells readers here and elsewhere that there may be something new. */
  announce(): void {
    if (this.#waiting.size > 0) this.#wakeUp()
    this.#announcements.announce()
  }

  /** Readers fail at once; a notification that is due is sent. */
  async close(error: Error): Promise<void> {
    this.#closed = true
    for (const waiting of [...this.#waiting]) waiting.reject(error)
    this.#wakeUp()
    this.#stop()
    await this.#announcements.sent()
  }

  async #watch(): Promise<void> {
    this.#watching = true
    clearTimeout(this.#linger)
    let poll = SHORTEST_POLL
    let slept = false
    while (this.#waiting.size > 0) {
      const woken = this.#sleepUntilWoken()
      const overslept = slept && this.listening
      void this.#listen()
      // Who comes later may have seen what this answer does not know of.
      const asking = [...this.#waiting]
      try {
        const { head, newest } = await this.#progress()
        const served = this.#serve(asking, head, newest)
        // A connection that only seems to be open lets nothing through.
        if (overslept && served) this.#stop()
        this.#stopIfDeaf()
        if (newest > head) poll = Math.min(HELD_POLL, poll * 2)
        else if (this.listening) poll = LISTENING_POLL
        else poll = served ? SHORTEST_POLL : Math.min(LONGEST_POLL, poll * 2)
      } catch (error) {
        for (const waiting of asking) waiting.reject(error as Error)
      }
      if (this.#waiting.size === 0) this.#wakeUp()
      slept = await woken(poll)
    }
    this.#watching = false
    this.#linger = setTimeout(() => {
      this.#stop()
    }, LINGER)
    unref(this.#linger)
  }

  /** Whether anybody was served. */
  #serve(asking: readonly Waiting[], head: Position, newest: Position): boolean {
    let served = false
    for (const waiting of asking) {
      if (waiting.after < head) {
        waiting.resolve()
        served = true
      } else if (waiting.after > newest) {
        waiting.reject(checkpointAhead(waiting.after, head))
      } else {
        waiting.reason = newest > head ? 'held back' : 'nothing new'
      }
    }
    return served
  }

  #stopIfDeaf(): void {
    if (this.#stopListening === undefined || this.#heard) return
    const now = performance.now()
    if (now < this.#listensSince + DEAF) return
    this.#stop()
    this.#listensAgainAt = now + this.#retreat
    this.#retreat = Math.min(LONGEST_RETREAT, this.#retreat * 2)
  }

  /** Beside the polling, since a connection may be long in coming. */
  async #listen(): Promise<void> {
    if (this.#subscribing || this.#stopListening !== undefined) return
    if (performance.now() < this.#listensAgainAt) return
    this.#subscribing = true
    try {
      const [row] = await this.#database.query(this.#channel)
      const stop = await this.#database.listen(
        String(row?.[0]),
        () => {
          this.#heard = true
          this.#retreat = SHORTEST_RETREAT
          this.#wakeUp()
        },
        () => {
          this.#stopListening = undefined
          this.#heard = false
          this.#wakeUp()
        },
      )
      // Whoever wanted to hear may have gone meanwhile.
      if (this.#closed || !this.#watching) stop?.()
      else if (stop !== undefined) {
        this.#stopListening = stop
        this.#listensSince = performance.now()
        // To hear whether notifications come through.
        this.announce()
      }
    } catch {
      // Polling alone will do, until the next try.
    } finally {
      this.#subscribing = false
    }
  }

  #stop(): void {
    clearTimeout(this.#linger)
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#heard = false
  }

  #wakeUp(): void {
    this.#wake?.()
  }

  /**
   * Set up before the head is read, so that nothing that comes meanwhile is slept through. Tells whether nobody has come
   * to wake it.
   */
  #sleepUntilWoken(): (time: number) => Promise<boolean> {
    const { promise, resolve } = withResolvers()
    let toTheEnd = false
    this.#wake = resolve
    return async (time) => {
      const timer = setTimeout(() => {
        toTheEnd = true
        resolve()
      }, time)
      await promise
      clearTimeout(timer)
      return toTheEnd
    }
  }
}

interface Waiting {
  readonly after: Position
  readonly since: Date
  reason: Reader['reason']
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** A connection that is kept for later keeps no process alive. */
function unref(timer: ReturnType<typeof setTimeout>): void {
  if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
}

import { type DomainEvent, type EventStore } from '@eventmill/core'
import { Violation } from './verify.ts'

/** One demand of the store contract that can be run. */
export interface Rule {
  /** Stable: reports and exceptions name it. */
  readonly id: string
  /** What a conforming store does, as a sentence. */
  readonly title: string
  /** What goes wrong for users of a store that does not. */
  readonly why: string
  /** `must`: without it the store is wrong. `should`: without it the store is right but unpleasant. */
  readonly level: 'must' | 'should'
  /** What the store, or its fixture, has to offer for the rule to be run. */
  readonly needs: readonly Need[]
  /** In milliseconds. Default 30,000. */
  readonly timeout?: number | undefined
  /**
   * Fails where the store breaks the rule. The fixture is fresh, and disposed of by whoever runs the rule; `declined`
   * is what the store under test declines.
   */
  readonly run: (fixture: Fixture, declined?: Declined) => Promise<void>
}

/** Capabilities of a store (`multiStream`, `push`) and back doors of its fixture (the others). */
export type Need =
  'multiStream' | 'push' | 'reopen' | 'rawEvents' | 'faults' | 'stalls' | 'clock' | 'bystander' | 'elsewhere'

/** What is not on offer, each with the reason in words. */
export type Declined = { readonly [N in Need]?: string }

/** A store to be judged. */
export interface StoreUnderTest {
  /** How it is called in the names of the tests. */
  readonly name: string
  /**
   * A fresh and empty backing store, isolated from all others, with room for 32 handles and some hundred appends at once:
   * a store that is too busy for them (`STORE_BUSY`) breaks a rule.
   */
  readonly fixture: () => Fixture | Promise<Fixture>
  /** What is not on offer, each with the reason in words. The rules that need it are skipped with that reason. */
  readonly declined?: Declined | undefined
  /** How many times longer than usual the rules may take: for a store that is far away. Default 1. */
  readonly timeoutFactor?: number | undefined
}

/** One isolated backing store. */
export interface Fixture {
  /**
   * One more handle on the backing store, as another client would have it. Where `reopen` is declined it may be
   * the same object each time.
   */
  connect(): Promise<EventStore>
  /** Closes what is left open and removes the backing store. */
  dispose?(): Promise<void>
  /** `rawEvents`: all that is stored, in the order of positions, read past every handle. */
  rawEvents?(): Promise<readonly DomainEvent[]>
  /** `faults`: breaks connections, as a proxy between a handle and the backing store can. */
  readonly faults?: Faults | undefined
  /**
   * `stalls`: the next append of this handle stops after its positions were given out and before its commit, such as in a
   * deferred trigger that waits for a lock. Where positions are given out by the commit itself: right before that.
   */
  stall?(store: EventStore): Hold | Promise<Hold>
  /** `clock`: sets the time that the store gives to events, in milliseconds since 1970. */
  setClock?(time: number): void | Promise<void>
  /**
   * `bystander`: begins a transaction in the same database that has written something of its own, and has nothing to do
   * with the store. Resolves to what ends it.
   */
  openBystander?(): Promise<() => Promise<void>>
  /** `elsewhere`: a handle that runs in another process or thread, beside the others. See `remoteStore`. */
  connectElsewhere?(): Promise<EventStore>
}

/**
 * Breaks the connection of a handle, or holds it up. What is set up for an append stays until one comes; reads are left
 * alone. Repeats of an append count as attempts of it.
 */
export interface Faults {
  /**
   * So many of the next attempts of this handle to append lose their connection: before the statement arrives; during,
   * where it has arrived and may or may not commit; or after the commit, before the answer. `Infinity`: all of them. 0:
   * none any more.
   */
  cut(store: EventStore, when: 'before' | 'during' | 'after', attempts: number): void | Promise<void>
  /** The next attempt of this handle to append stops before it has reached the backing store. */
  holdUp(store: EventStore): Hold | Promise<Hold>
  /**
   * The next attempt of this handle to append loses its connection, and reaches the backing store, as a whole, only when
   * it is released.
   */
  deliverLate(store: EventStore): Hold | Promise<Hold>
  /**
   * The handle ends as with the death of its process: nothing that it held back is written, and it never reaches the
   * backing store again. It may still be closed.
   */
  crash(store: EventStore): void | Promise<void>
}

/** An append that stops on its way. */
export interface Hold {
  /** Resolves once the append has got there. */
  readonly reached: Promise<void>
  /** Lets it go on, and resolves once it has had its effect, if it comes to any. Without an append, none will be held. */
  release(): Promise<void>
}

/** A back door that a rule needs. Fails where the fixture neither offers nor declines it. */
export function offered<Door>(door: Door | undefined, need: Need): Door {
  if (door !== undefined) return door
  throw new Violation(`the fixture should offer ${need}, or decline it: declined: { ${need}: 'the reason' }`)
}

/** Throws where what is declined is no need, or has no reason in words, and for a factor that is none. */
export function checkStoreUnderTest({ name, declined = {}, timeoutFactor = 1 }: StoreUnderTest): void {
  if (!(timeoutFactor > 0 && timeoutFactor <= 1_000)) {
    throw new TypeError(
      `the timeoutFactor of ${name} must be a number up to 1,000, but it is ${timeoutFactor}`,
    )
  }
  for (const [need, reason] of Object.entries<unknown>(declined)) {
    if (!NEEDS.has(need)) {
      throw new TypeError(`${name} declines ${need}, which no rule needs: ${[...NEEDS].join(', ')}`)
    }
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new TypeError(`${name} declines ${need} without a reason: give it in words`)
    }
  }
}

const NEEDS: ReadonlySet<string> = new Set<Need>([
  'multiStream',
  'push',
  'reopen',
  'rawEvents',
  'faults',
  'stalls',
  'clock',
  'bystander',
  'elsewhere',
])

import { type DomainEvent, type EventStore } from '@eventmill/core'

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
  /** Fails where the store breaks the rule. The fixture is fresh, and disposed of by whoever runs the rule. */
  readonly run: (fixture: Fixture) => Promise<void>
}

/** Capabilities of a store (`multiStream`, `push`) and back doors of its fixture (the others). */
export type Need = 'multiStream' | 'push' | 'reopen' | 'rawEvents' | 'faults' | 'clock'

/** A store to be judged. */
export interface StoreUnderTest {
  readonly name: string
  /** A fresh and empty backing store, isolated from all others. */
  readonly fixture: () => Fixture | Promise<Fixture>
  /** What is not on offer, each with the reason in words. The rules that need it are skipped with that reason. */
  readonly declined?: { readonly [N in Need]?: string } | undefined
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
  /** All that is stored, in the order of positions, read past every handle. */
  rawEvents?(): Promise<readonly DomainEvent[]>
  readonly faults?: Faults | undefined
  /** Sets the time that the store gives to events, in milliseconds since 1970. */
  setClock?(time: number): void | Promise<void>
}

/** Breaks the connection of a handle, or holds it up. */
export interface Faults {
  /** The next append of this handle loses its connection before, during or after its commit. */
  cut(store: EventStore, when: 'before' | 'during' | 'after'): void | Promise<void>
  /** The next append of this handle reaches the backing store only when the returned function is called. */
  holdUp(store: EventStore): (() => void) | Promise<() => void>
}

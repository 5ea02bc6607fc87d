import { type NewEvent } from '@eventmill/core'
import {
  type Database,
  numberArray,
  type Statement,
  statement,
  textArray,
  type Values,
} from './database/database.ts'

/** What an event is, beside its stream and its payload. */
export type EventType = Pick<NewEvent, 'source' | 'type' | 'version'>

/** The keys outside of a transaction, which outlive it. */
export interface Outside {
  readonly types: EventTypes
  /** Whether they can be asked for while the transaction is open. A PGlite has no connection but that of the transaction. */
  readonly isReachable: boolean
}

/** A key is drawn by chance, and may be taken. */
const TRIES = 5
/** In milliseconds: how long a transaction waits for a connection beside its own. */
const SPARE_TIME = 1_000

/**
 * The keys under which types of events are stored. They are registered outside of the appends that need them: what is
 * known here outlives a rollback.
 */
export class EventTypes {
  readonly #database: Database
  readonly #outside: Outside | undefined
  readonly #register: Statement
  readonly #find: Statement
  readonly #findKeys: Statement
  readonly #keys = new Map<string, number>()
  readonly #types = new Map<string, EventType>()

  /** `schema` is quoted. `outside` is given within a transaction, of which nothing is remembered. */
  constructor(database: Database, schema: string, outside?: Outside) {
    this.#database = database
    this.#outside = outside
    const given = 'unnest($1::text[], $2::text[], $3::bigint[]) given (source, name, version)'
    this.#register = statement(`select ${schema}.register_types($1, $2, $3)`)
    this.#find = statement(`select type, source, name, version from ${schema}.types natural join ${given}`)
    this.#findKeys = statement(
      `select type, source, name, version from ${schema}.types where type = any($1::integer[])`,
    )
  }

  /** The keys of the types of these events, in their order. Fails with `Locked` where others are registering one of them. */
  async keysOf(events: readonly EventType[]): Promise<readonly number[]> {
    if (this.#outside !== undefined) {
      this.#keys.clear()
      await this.#askOutside(this.#outside, events)
    }
    for (let tries = 0; ; tries++) {
      const keys = events.map((event) => this.#keys.get(nameOf(event)))
      if (areComplete(keys)) return keys
      if (tries === TRIES) throw new Error('the types of events are not stored')
      await this.#add(this.#missing(events))
    }
  }

  /** The types under these keys, which are as the database writes them. */
  async typesOf(keys: readonly string[]): Promise<ReadonlyMap<string, EventType>> {
    const missing = new Set<string>()
    for (const key of keys) if (!this.#types.has(key)) missing.add(key)
    if (missing.size > 0) {
      this.#learn(await this.#database.query(this.#findKeys, [`{${[...missing].join()}}`]))
    }
    return this.#types
  }

  /** A failover may have lost what is known here. */
  forget(): void {
    this.#keys.clear()
    this.#outside?.types.forget()
  }

  #missing(events: readonly EventType[]): readonly EventType[] {
    const missing = new Map<string, EventType>()
    for (const event of events) {
      const name = nameOf(event)
      if (!this.#keys.has(name)) missing.set(name, event)
    }
    return [...missing.values()]
  }

  /** What is registered by others needs no connection but one's own; what is new gets one, where there is one to spare. */
  async #askOutside({ types, isReachable }: Outside, events: readonly EventType[]): Promise<void> {
    for (const event of events) {
      const key = types.#keys.get(nameOf(event))
      if (key !== undefined) this.#keys.set(nameOf(event), key)
    }
    await this.#look(this.#missing(events))
    const unknown = this.#missing(events)
    if (unknown.length === 0 || !isReachable) return
    await types.#add(unknown, AbortSignal.timeout(SPARE_TIME)).catch(() => undefined)
    await this.#look(unknown)
  }

  async #add(events: readonly EventType[], signal?: AbortSignal): Promise<void> {
    await this.#database.attempt(this.#register, namesOf(events), signal)
    await this.#look(events, signal)
  }

  async #look(events: readonly EventType[], signal?: AbortSignal): Promise<void> {
    if (events.length > 0) this.#learn(await this.#database.query(this.#find, namesOf(events), signal))
  }

  #learn(rows: readonly (readonly (string | null)[])[]): void {
    for (const [key, source, type, version] of rows) {
      const known = { source: String(source), type: String(type), version: Number(version) }
      this.#keys.set(nameOf(known), Number(key))
      this.#types.set(String(key), known)
    }
  }
}

function areComplete(keys: readonly (number | undefined)[]): keys is readonly number[] {
  return !keys.includes(undefined)
}

function namesOf(events: readonly EventType[]): Values {
  return [
    textArray(events.map(({ source }) => source)),
    textArray(events.map(({ type }) => type)),
    numberArray(events.map(({ version }) => version)),
  ]
}

function nameOf({ source, type, version }: EventType): string {
  return `${version}\0${source}\0${type}`
}

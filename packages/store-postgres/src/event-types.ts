import { type NewEvent } from '@eventmill/core'
import { type Database, numberArray, type Statement, statement, textArray } from './database/database.ts'

/** What an event is, beside its stream and its payload. */
export type EventType = Pick<NewEvent, 'source' | 'type' | 'version'>

/**
 * The keys under which types of events are stored. They are registered outside of the appends that need them: what is
 * known here outlives a rollback.
 */
export class EventTypes {
  readonly #database: Database
  readonly #register: Statement
  readonly #find: Statement
  readonly #findKeys: Statement
  readonly #keys = new Map<string, number>()
  readonly #types = new Map<string, EventType>()

  constructor(database: Database, schema: string) {
    this.#database = database
    const given = 'unnest($1::text[], $2::text[], $3::bigint[]) given (source, name, version)'
    this.#register = statement(
      `insert into ${schema}.types (source, name, version)
       select * from ${given} order by source collate "C", name collate "C", version on conflict do nothing`,
    )
    this.#find = statement(`select type, source, name, version from ${schema}.types natural join ${given}`)
    this.#findKeys = statement(
      `select type, source, name, version from ${schema}.types where type = any($1::integer[])`,
    )
  }

  /** The keys of the types of these events, in their order. */
  async keysOf(events: readonly EventType[]): Promise<readonly number[]> {
    const missing = new Map<string, EventType>()
    for (const event of events) {
      const name = nameOf(event)
      if (!this.#keys.has(name)) missing.set(name, event)
    }
    if (missing.size > 0) await this.#add([...missing.values()])
    return events.map((event) => this.#keys.get(nameOf(event)) ?? 0)
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

  async #add(events: readonly EventType[]): Promise<void> {
    const names = [
      textArray(events.map(({ source }) => source)),
      textArray(events.map(({ type }) => type)),
      numberArray(events.map(({ version }) => version)),
    ]
    await this.#database.query(this.#register, names)
    this.#learn(await this.#database.query(this.#find, names))
  }

  #learn(rows: readonly (readonly (string | null)[])[]): void {
    for (const [key, source, type, version] of rows) {
      const known = { source: String(source), type: String(type), version: Number(version) }
      this.#keys.set(nameOf(known), Number(key))
      this.#types.set(String(key), known)
    }
  }
}

function nameOf({ source, type, version }: EventType): string {
  return `${version}\0${source}\0${type}`
}

import { type NewEvent } from '@eventmill/core'
import { type Database } from './client.ts'

/**
 * The keys under which types of events are stored. They are registered outside of the appends that need them: what is
 * known here outlives a rollback.
 */
export class EventTypes {
  readonly #database: Database
  readonly #schema: string
  readonly #keys = new Map<string, number>()

  constructor(database: Database, schema: string) {
    this.#database = database
    this.#schema = schema
  }

  /** The keys of the types of these events, in their order. */
  async keysOf(events: readonly NewEvent[]): Promise<readonly number[]> {
    const missing = new Map<string, NewEvent>()
    for (const event of events) {
      const name = nameOf(event)
      if (!this.#keys.has(name)) missing.set(name, event)
    }
    if (missing.size > 0) await this.#register([...missing.values()])
    return events.map((event) => this.#keys.get(nameOf(event)) ?? 0)
  }

  async #register(events: readonly NewEvent[]): Promise<void> {
    const names = [
      events.map(({ source }) => source),
      events.map(({ type }) => type),
      events.map(({ version }) => version),
    ]
    const given = 'unnest($1::text[], $2::text[], $3::bigint[]) given (source, name, version)'
    await this.#database.query(
      `insert into ${this.#schema}.types (source, name, version) select * from ${given} on conflict do nothing`,
      names,
    )
    const rows = await this.#database.query(
      `select type, source, name, version from ${this.#schema}.types natural join ${given}`,
      names,
    )
    for (const { type, source, name, version } of rows) {
      this.#keys.set(
        nameOf({ source: String(source), type: String(name), version: Number(version) }),
        Number(type),
      )
    }
  }
}

function nameOf({ source, type, version }: Pick<NewEvent, 'source' | 'type' | 'version'>): string {
  return `${version}\0${source}\0${type}`
}

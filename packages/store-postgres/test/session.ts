import { type Json, type StreamAppend } from '@eventmill/core'
import { checkAppend } from '@eventmill/core/adapter'
import type pg from 'pg'
import { type Answer, appendOf, valuesOf } from '../src/appending/appends.ts'

/** A connection that a test drives by hand, to one schema. */
export class Session {
  readonly pid: number
  readonly #client: pg.PoolClient
  readonly #pool: pg.Pool
  readonly #schema: string

  private constructor(client: pg.PoolClient, pool: pg.Pool, schema: string, pid: number) {
    this.#client = client
    this.#pool = pool
    this.#schema = schema
    this.pid = pid
  }

  /** Others, who look at what this one waits for, come from the same pool. */
  static async open(pool: pg.Pool, schema: string): Promise<Session> {
    const client = await pool.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    return new Session(client, pool, schema, Number(rows[0]?.pid))
  }

  /** The first column of each row. `$schema` is the name of the schema. */
  async run(sql: string, values: readonly unknown[] = []): Promise<readonly unknown[]> {
    const text = sql.replaceAll('$schema', () => `"${this.#schema}"`)
    const { rows } = await this.#client.query<unknown[]>({ text, values: [...values], rowMode: 'array' })
    return rows.map(([first]) => first)
  }

  /**
   * Sends a batch of appends, each of which brings one event to each of its streams, and waits for whoever is in the
   * way, however long that takes. What the database refuses is told by its SQLSTATE.
   */
  async append(...batch: readonly (readonly string[])[]): Promise<Answer | { readonly sqlState: string }> {
    const appends = batch.map((ids) =>
      appendOf(
        checkAppend(
          ids.map((id) => to(id)),
          undefined,
        ),
        undefined,
      ),
    )
    const types = appends.flatMap(({ events }) => events.map(() => 1))
    const values = valuesOf(appends, types, { wait: true, patience: 0 })
    const parameters = values.map((_, index) => `$${index + 1}`).join()
    try {
      return (await this.run(`select $schema.append(${parameters})`, values))[0] as Answer
    } catch (error) {
      return { sqlState: sqlStateOf(error) }
    }
  }

  /** Resolves once the session waits for a lock. */
  waits(): Promise<void> {
    return waitsForALock(this.#pool, this.pid)
  }

  /** Whatever is open is rolled back. */
  close(): void {
    this.#client.release(true)
  }
}

/** An append of one event to a stream, whatever is there. */
export function to(aggregateId: string, data: Json = {}): StreamAppend {
  const event = { source: 'urn:x:test', type: 'Tested', version: 1, data }
  return { stream: { aggregateType: 'Test', aggregateId }, expected: 'any', events: [event] }
}

export function sqlStateOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code)
}

/** Resolves once this process of the server waits for a lock. */
export async function waitsForALock(pool: pg.Pool, pid: number): Promise<void> {
  const deadline = performance.now() + 5_000
  for (;;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'`,
      [pid],
    )
    if (rowCount === 1) return
    if (performance.now() > deadline) throw new Error(`the process ${pid} waits for no lock`)
  }
}

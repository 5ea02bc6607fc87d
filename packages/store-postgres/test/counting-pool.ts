import { type PgClient, type PgPool, type PgQuery } from '@eventmill/store-postgres'
import type pg from 'pg'

/** A pool that counts what is sent over its connections. Each statement is one round trip. */
export interface CountingPool extends PgPool {
  /** The statements since it was last asked, without the notifications, for which nobody waits. */
  taken(): readonly string[]
}

/** Connections of this pool, counted. */
export function countingPool(pool: pg.Pool): CountingPool {
  let statements: string[] = []
  const counted = new WeakSet<PgClient>()
  const count = (client: PgClient): PgClient => {
    // A pool gives the same connection again.
    if (counted.has(client)) return client
    counted.add(client)
    const query = client.query.bind(client)
    client.query = (statement: PgQuery) => {
      if (!statement.text.includes('.announce()')) statements.push(statement.text)
      return query(statement)
    }
    return client
  }
  return {
    totalCount: 0,
    connect: async () => count(await pool.connect()),
    on: (event, listener) => pool.on(event, listener),
    listenerCount: (event) => pool.listenerCount(event),
    taken: () => {
      const all = statements
      statements = []
      return all
    },
  }
}

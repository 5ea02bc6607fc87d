// What this package uses of the drivers. It imports none: hand it yours.

/** What this package uses of a `pg.Pool`. */
export interface PgPool {
  connect(): Promise<PgClient>
  on(event: 'error', listener: () => void): unknown
  on(event: 'connect', listener: (client: PgClient) => void): unknown
  listenerCount(event: 'error'): number
  readonly options?: { readonly max?: number | undefined } | undefined
  readonly ending?: boolean
  readonly totalCount?: number
  readonly idleCount?: number
  readonly waitingCount?: number
}

/** What this package uses of a client from a `pg.Pool`. */
export interface PgClient extends PgTransaction {
  on(event: 'error' | 'notification', listener: () => void): unknown
  off(event: 'error' | 'notification', listener: () => void): unknown
  release(destroy?: boolean): void
}

/** What this package uses of a `pg` client that is in a transaction. */
export interface PgTransaction {
  query(query: PgQuery): Promise<{ readonly rows: readonly unknown[] }>
}

/** A statement as `pg` takes it. */
export interface PgQuery {
  name?: string
  text: string
  values?: unknown[]
  rowMode?: 'array'
  types: { getTypeParser: () => (text: string) => unknown }
}

/** What this package uses of a `PGlite`. */
export interface Pglite extends PgliteTransaction {
  readonly waitReady: Promise<void>
  readonly closed?: boolean
  listen(channel: string, callback: (payload: string) => void): Promise<() => Promise<void>>
  transaction<Result>(work: (transaction: PgliteTransaction) => Promise<Result>): Promise<Result>
}

/** What this package uses of a transaction of a `PGlite`. */
export interface PgliteTransaction {
  query(
    text: string,
    values: unknown[],
    options: { rowMode: 'array'; parsers: { [type: number]: (text: string) => unknown } },
  ): Promise<{ readonly rows: readonly unknown[] }>
  exec(text: string): Promise<unknown>
}

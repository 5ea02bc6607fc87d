// What this package uses of the drivers. It imports none: hand it yours.

/** What a handler writes with: the client of its transaction. It is `pg`'s own, or PGlite's, which can do more. */
export interface SqlClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

/** What this package uses of a `pg.Pool`. */
export interface PgPool {
  connect(): Promise<PgClient>
  on(event: 'error', listener: () => void): unknown
  listenerCount(event: 'error'): number
  readonly totalCount: number
  readonly options?: { readonly max?: number | undefined } | undefined
}

/** What this package uses of a client from a `pg.Pool`. */
export interface PgClient extends SqlClient {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: readonly unknown[]; readonly command?: string }>
  on(event: 'error', listener: (error: unknown) => void): unknown
  off(event: 'error', listener: (error: unknown) => void): unknown
  release(destroy?: boolean): void
}

/** What this package uses of a `PGlite`. */
export interface Pglite extends SqlClient {
  readonly waitReady: Promise<void>
  transaction<Result>(work: (transaction: SqlClient) => Promise<Result>): Promise<Result>
}

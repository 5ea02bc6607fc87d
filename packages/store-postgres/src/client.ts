/** What this package uses of a `pg.Pool`. It imports no driver: hand it yours. */
export interface PgPool {
  connect(): Promise<unknown>
  query(query: {
    readonly text: string
    readonly values: unknown[]
    readonly types: { getTypeParser: () => (text: string) => unknown }
  }): Promise<{ readonly rows: readonly object[] }>
}

/** What this package uses of a `PGlite`. */
export interface Pglite {
  readonly waitReady: Promise<void>
  query(
    text: string,
    values: unknown[],
    options: { readonly parsers: { readonly [type: number]: (text: string) => unknown } },
  ): Promise<{ readonly rows: readonly object[] }>
  exec(text: string): Promise<unknown>
}

/** A database that runs statements. Values come back as text, whatever parsers the user has set up. */
export interface Database {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Several statements at once, in one transaction. */
  script(text: string): Promise<void>
}

/** A row of text, by column. */
export interface Row {
  readonly [column: string]: string | null | undefined
}

/** The database behind a client of the user's. */
export function databaseOf(client: PgPool | Pglite): Database {
  return 'waitReady' in client ? ofPglite(client) : ofPool(client)
}

function ofPool(pool: PgPool): Database {
  const types = { getTypeParser: () => asText }
  const query = async (text: string, values: readonly unknown[] = []) => {
    const { rows } = await pool.query({ text, values: [...values], types })
    return rows as readonly Row[]
  }
  return {
    query,
    // Without values a query may hold several statements, which then share a transaction.
    script: async (text) => {
      await pool.query({ text, values: [], types })
    },
  }
}

function ofPglite(pglite: Pglite): Database {
  const parsers = Object.fromEntries(TYPES.map((type) => [type, asText]))
  return {
    query: async (text, values = []) => {
      const { rows } = await pglite.query(text, [...values], { parsers })
      return rows as readonly Row[]
    },
    script: async (text) => {
      await pglite.exec(`begin; ${text}; commit`)
    },
  }
}

/** The types of PostgreSQL that the statements of this package return: int8, int4, text, json, uuid. */
const TYPES = [20, 23, 25, 114, 2950]

function asText(text: string): string {
  return text
}

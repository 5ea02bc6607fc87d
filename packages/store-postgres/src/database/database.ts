/** A database that runs statements. Values go and come as text, whatever parsers the user has set up. */
export interface Database {
  /**
   * Runs a statement. A lost connection, or a transaction that the database gave up, is tried again until the timeout:
   * only for what may be done twice.
   */
  query(statement: Statement, values?: Values, signal?: AbortSignal): Promise<readonly Row[]>
  /** Runs a statement once. Fails with `ConnectionLost` where nobody knows what became of it. */
  attempt(statement: Statement, values?: Values, signal?: AbortSignal): Promise<readonly Row[]>
}

/** A database of which this package has connections of its own, and not only a transaction. */
export interface OwnDatabase extends Database {
  /** Several statements at once, in one transaction. */
  script(text: string): Promise<void>
  /**
   * Calls back with every notification on a channel, until the result is called; `onLost` tells that none will come any
   * more. `undefined` where no connection can be spared for it.
   */
  listen(channel: string, onNotification: () => void, onLost: () => void): Promise<(() => void) | undefined>
  /** How many connections there are, and how many wait for one; `undefined` where there is but one. */
  readonly load: PoolLoad | undefined
}

/** The connections of a pool. */
export interface PoolLoad {
  /** How many are open. */
  readonly connections: number
  /** How many of them nobody uses. */
  readonly idle: number
  /** How many requests wait for one. */
  readonly waiting: number
}

/** A statement whose plan a connection may keep under its name. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export type Values = readonly (string | null)[]

/** The columns of a row, as text. */
export type Row = readonly (string | null)[]

/** A statement, named by what it says: two stores over one pool may have different ones. */
export function statement(text: string): Statement {
  // FNV-1a in two halves (G. Fowler, L. C. Noll, K.-P. Vo).
  let [a, b] = [0x811c9dc5, 0x01000193]
  for (let index = 0; index < text.length; index++) {
    a = Math.imul(a ^ text.charCodeAt(index), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(index), 0x85ebca6b)
  }
  return { name: `eventmill_${(a >>> 0).toString(36)}_${(b >>> 0).toString(36)}`, text }
}

/**
 * A parameter of whose value the planner knows nothing. Where values make an execution look cheaper than without them,
 * it plans each one anew, however often a statement is prepared, and that takes longer than to run it.
 */
export function unseen(parameter: string): string {
  return `(select ${parameter})`
}

/** An array as PostgreSQL writes it, of numbers or `null`. */
export function numberArray(numbers: readonly (number | null)[]): string {
  return `{${numbers.map((number) => number ?? 'NULL').join()}}`
}

/** An array as PostgreSQL writes it, of text or `null`. */
export function textArray(texts: readonly (string | null)[]): string {
  return `{${texts.map((text) => (text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`)).join()}}`
}

/** Values come back as they are. */
export function asText(text: string): string {
  return text
}
